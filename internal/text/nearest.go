package text

import "strings"

// Nearest is the word of a list that was probably meant by one that isn't in it, or empty. It is the word with the fewest
// typing mistakes, at most two and fewer than the shorter word has letters; of two such, the one as long as the word.
// Else it is a word like "scope_x" that begins with the whole word.
func Nearest(word string, list []string) string {
	best, bestDistance := "", 3
	for _, w := range list {
		d := distance(word, w)
		closer := d < bestDistance || d == bestDistance && best != "" && len(w) == len(word) && len(best) != len(word)
		if closer && d < min(len(word), len(w)) {
			best, bestDistance = w, d
		}
	}
	if best != "" || len(word) < 3 {
		return best
	}
	for _, w := range list {
		if strings.HasPrefix(w, word+"_") || strings.HasPrefix(w, word+"-") {
			return w
		}
	}
	return ""
}

// distance is how many letters to insert, delete, change or swap with the next make b of a, for words of at most 32
// bytes; else a large number.
func distance(a, b string) int {
	const limit = 32
	if len(a) > limit || len(b) > limit {
		return limit
	}
	var before, above, row [limit + 1]int // the row above the one above, and so on
	for j := range len(b) + 1 {
		row[j] = j
	}
	for i := range len(a) {
		before, above = above, row
		row[0] = i + 1
		for j := range len(b) {
			cost := above[j]
			if a[i] != b[j] {
				cost++
			}
			row[j+1] = min(cost, row[j]+1, above[j+1]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
	}
	return row[len(b)]
}
