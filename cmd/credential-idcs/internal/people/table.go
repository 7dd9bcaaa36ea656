package people

import (
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// A table is text in columns, aligned by the places of a terminal: package text/tabwriter counts runes, and a Chinese
// one takes two places.
type table struct {
	rows   [][]string
	colors []map[int]string // of each row's cells: SGR parameters
	shrink []int            // the columns that are cut if the screen is too narrow, in this order
}

func (t *table) add(cells ...string) {
	t.rows = append(t.rows, cells)
	t.colors = append(t.colors, map[int]string{})
}

// color colours a cell of the last row.
func (t *table) color(column int, parameters string) { t.colors[len(t.rows)-1][column] = parameters }

const (
	gap      = 2  // places between columns
	narrowed = 12 // no column is cut to less
)

// text is the table for a screen of so many columns; 0: it isn't known, or is a pipe, and nothing is cut.
func (t *table) text(screen int, colors bool) string {
	wide := t.widths()
	for _, c := range t.shrink {
		if over := sum(wide) + gap*(len(wide)-1) - screen; screen > 0 && over > 0 {
			wide[c] = max(wide[c]-over, min(wide[c], narrowed))
		}
	}
	var b strings.Builder
	for i, cells := range t.rows {
		for len(cells) > 0 && cells[len(cells)-1] == "" { // no blanks at the end of a line
			cells = cells[:len(cells)-1]
		}
		for c, s := range cells {
			last := c == len(cells)-1
			if c < len(wide)-1 {
				s = cut(s, wide[c])
			}
			padding := wide[c] - places(s) + gap
			if p := t.colors[i][c]; colors && p != "" {
				s = "\x1b[" + p + "m" + s + "\x1b[0m"
			}
			b.WriteString(s)
			if !last {
				b.WriteString(strings.Repeat(" ", padding))
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// widths are the columns'. Nothing follows the last one, so it is as wide as its header.
func (t *table) widths() []int {
	var wide []int
	for i, cells := range t.rows {
		for c, s := range cells {
			if c == len(wide) {
				wide = append(wide, 0)
			}
			if c < len(cells)-1 || i == 0 {
				wide[c] = max(wide[c], places(s))
			}
		}
	}
	return wide
}

func sum(list []int) (n int) {
	for _, i := range list {
		n += i
	}
	return n
}

// cut shortens s to so many places, and shows that it did.
func cut(s string, limit int) string {
	if places(s) <= limit {
		return s
	}
	n := 1 // the ellipsis
	for i, r := range s {
		if n += place(r); n > limit {
			return s[:i] + "…"
		}
	}
	return s
}

// places is how many columns of a terminal s takes.
func places(s string) (n int) {
	for _, r := range s {
		n += place(r)
	}
	return n
}

// place is how many columns of a terminal r takes: 0 for a mark on the letter before it, 2 for East Asian wide
// letters and pictures (https://www.unicode.org/reports/tr11/), else 1.
func place(r rune) int {
	switch {
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	case width.LookupRune(r).Kind() == width.EastAsianWide, width.LookupRune(r).Kind() == width.EastAsianFullwidth:
		return 2
	}
	return 1
}
