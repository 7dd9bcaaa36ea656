package configure

import (
	"bytes"
	"strings"
)

// Files of lines: go's env, pip.conf, .npmrc, .bazelrc, .terraformrc. What is added is whole lines, and
// taking them out again leaves the bytes that were there, a missing last line break included.

// appendLines puts a block, which ends in "\n", at the end, its lines ended as those of the text. A text
// without a last line break is left without one, and an empty file is told from a missing one in the
// same way: see cutLines.
func appendLines(b []byte, block string) []byte {
	return appendBlock(b, strings.ReplaceAll(block, "\n", ending(b)), ending(b))
}

func appendBlock(b []byte, block, end string) []byte {
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

// cutLines takes a block of appendLines away; nil if there was no file before.
func cutLines(b []byte, block string) []byte {
	return cutBlock(b, strings.ReplaceAll(block, "\n", ending(b)), ending(b))
}

func cutBlock(b []byte, block, end string) []byte {
	bare := strings.TrimSuffix(block, end)
	switch {
	case string(b) == block:
		return nil
	case string(b) == bare:
		return []byte{}
	case bytes.HasSuffix(b, []byte(end+bare)):
		return b[:len(b)-len(end+bare)]
	}
	if i := lineIndex(b, block); i >= 0 {
		return append(bytes.Clone(b[:i]), b[i+len(block):]...)
	}
	return b
}

// lineIndex is where a block begins at the beginning of a line; -1: nowhere.
func lineIndex(b []byte, block string) int {
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

// ending is how the lines of a text end: as the first of them does.
func ending(b []byte) string {
	if i := bytes.IndexByte(b, '\n'); i > 0 && b[i-1] == '\r' {
		return "\r\n"
	}
	return "\n"
}

// loneCR is whether a CR stands without the LF that makes it the end of a line: there readers differ.
func loneCR(b []byte) bool {
	return bytes.Count(b, []byte("\r")) != bytes.Count(b, []byte("\r\n"))
}

// replaceLine puts another text in the place of line i of a text.
func replaceLine(list []string, i int, by string) []byte {
	out := append([]string(nil), list...)
	out[i] = by
	return []byte(strings.Join(out, ""))
}

// anotherSetting is what somebody else has set where ours belongs.
type anotherSetting struct{ what string }

func (e anotherSetting) Error() string { return e.what }
