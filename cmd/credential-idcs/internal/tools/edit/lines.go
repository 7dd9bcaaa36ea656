package edit

import (
	"bytes"
	"strings"
)

// Files of lines: go's env, pip.conf, .npmrc, .bazelrc, .terraformrc. Whole lines are added, and removing them leaves the
// bytes as they were, also a missing last line break.

// AppendLines adds a block, which ends in "\n", at the end, with the line endings of the text. A text without a last line
// break gets none, and neither does an empty file; a missing one does. So CutLines knows what was there.
func AppendLines(b []byte, block string) []byte {
	return AppendBlock(b, strings.ReplaceAll(block, "\n", Ending(b)), Ending(b))
}

// AppendBlock is AppendLines for a block whose lines end in end.
func AppendBlock(b []byte, block, end string) []byte {
	bare := strings.TrimSuffix(block, end)
	switch {
	case b == nil:
		return []byte(block)
	case len(b) == 0:
		return []byte(bare)
	case b[len(b)-1] == '\n':
		return append(bytes.Clone(b), block...)
	}
	return append(append(bytes.Clone(b), end...), bare...)
}

// CutLines removes a block of AppendLines; nil if there was no file before.
func CutLines(b []byte, block string) []byte {
	return CutBlock(b, strings.ReplaceAll(block, "\n", Ending(b)), Ending(b))
}

// CutBlock is CutLines for a block whose lines end in end.
func CutBlock(b []byte, block, end string) []byte {
	bare := strings.TrimSuffix(block, end)
	switch {
	case string(b) == block:
		return nil
	case string(b) == bare:
		return []byte{}
	case bytes.HasSuffix(b, []byte(end+bare)):
		return b[:len(b)-len(end+bare)]
	}
	if i := LineIndex(b, block); i >= 0 {
		return append(bytes.Clone(b[:i]), b[i+len(block):]...)
	}
	return b
}

// LineIndex is the offset of a block that begins at the beginning of a line; -1: there is none.
func LineIndex(b []byte, block string) int {
	for from := 0; ; {
		i := bytes.Index(b[from:], []byte(block))
		if i < 0 {
			return -1
		}
		if i += from; i == 0 || b[i-1] == '\n' {
			return i
		}
		from = i + 1
	}
}

// Ending is how the lines of a text end: as the first of them does.
func Ending(b []byte) string {
	if i := bytes.IndexByte(b, '\n'); i > 0 && b[i-1] == '\r' {
		return "\r\n"
	}
	return "\n"
}

// LoneCR reports whether there is a CR without a LF behind it: parsers differ in whether it ends a line.
func LoneCR(b []byte) bool {
	return bytes.Count(b, []byte("\r")) != bytes.Count(b, []byte("\r\n"))
}

// ReplaceLine replaces line i of a text.
func ReplaceLine(list []string, i int, by string) []byte {
	out := append([]string(nil), list...)
	out[i] = by
	return []byte(strings.Join(out, ""))
}

// EndsSection reports whether, after comments, the text ends or a header follows.
func EndsSection(rest []byte) bool {
	for line := range bytes.Lines(rest) {
		line = bytes.TrimSpace(line)
		if len(line) > 0 && line[0] != '#' && line[0] != ';' {
			return line[0] == '['
		}
	}
	return true
}
