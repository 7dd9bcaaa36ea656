package text

import "strings"

// Nearest is the word of a list that was probably meant by one that isn't in it, or empty: the one
// with the fewest typing mistakes, two at most and fewer than the shorter word has letters, else one of
// several parts that begins with the word.
func Nearest(word string, list []string) string {
	best, bestDistance := "", 3
	for _, w := range list {
		if d := distance(word, w); d < bestDistance && d < min(len(word), len(w)) {
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

// distance is the number of letters to insert, delete or change to get from a to b (Levenshtein), for
// words of at most 32 bytes; else a large number.
func distance(a, b string) int {
	const limit = 32
	if len(a) > limit || len(b) > limit {
		return limit
	}
	var row [limit + 1]int
	for j := range len(b) + 1 {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
