package config

import (
	"bytes"
	"strings"
)

// meant is the advice behind a mistake in TOML, by what is usually its cause; empty: there is none. offset is where it is in data.
func meant(said string, data []byte, offset int) string {
	switch {
	case windowsPath(data[:offset]):
		return inSingleQuotes
	case strings.HasSuffix(said, "strings cannot have new lines"):
		return "; the closing quote is missing"
	case !strings.HasSuffix(said, "at start of value") || offset >= len(data):
		return ""
	}
	switch c := data[offset]; {
	case c == '\n' || c == '\r' || c == '#':
		return "; the value is missing"
	case strings.HasPrefix(string(data[offset:]), "\u201c"), strings.HasPrefix(string(data[offset:]), "\u201e"), strings.HasPrefix(string(data[offset:]), "\u2018"):
		return `; write plain quotes: "…"`
	}
	return `; a text is written in quotes: "…"`
}

// inSingleQuotes is for a path as Windows shows it: in double quotes a backslash begins an escape.
const inSingleQuotes = `; write a path with backslashes in single quotes: 'C:\Users\ana\client.secret'`

// windowsPath reports whether before ends inside a value in double quotes that began as a path of Windows: "C:\ or "\\.
func windowsPath(before []byte) bool {
	line := before[bytes.LastIndexByte(before, '\n')+1:]
	_, value, quoted := bytes.Cut(line, []byte{'"'})
	return quoted && startsAsWindowsPath(string(value))
}

func startsAsWindowsPath(s string) bool {
	if len(s) >= 2 && 'a' <= s[0]|0x20 && s[0]|0x20 <= 'z' && s[1] == ':' {
		return true
	}
	return len(s) >= 1 && s[0] == '\\'
}
