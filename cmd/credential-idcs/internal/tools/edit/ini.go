package edit

import (
	"errors"
	"strings"
)

// An INIOption is an option of pip's configuration, or with an empty key the header of a section.
type INIOption struct {
	Section, Key string // Key is in lower case, with "-" for "_", as in pip
	Value        string // its lines, joined by line breaks
	Line         int    // of its first line, from 0
}

// ErrNotINI is returned for a file that isn't in the form that ParseINI reads.
var ErrNotINI = errors.New("it is not the kind of file that can be edited here")

// ParseINI reads a file as Python's configparser does, if headers and options are at the beginning of a line and further
// lines of a value are indented. Anything else is refused.
func ParseINI(b []byte) ([]INIOption, error) {
	if LoneCR(b) {
		return nil, ErrNotINI
	}
	var out []INIOption
	section, seen := "", map[string]bool{}
	for i, line := range Lines(b) {
		text := strings.TrimSpace(line)
		indented := text != "" && strings.TrimLeft(line, " \t") != line
		switch {
		case text == "", text[0] == '#', text[0] == ';':
		case indented:
			if len(out) == 0 || out[len(out)-1].Key == "" {
				return nil, ErrNotINI
			}
			out[len(out)-1].Value += "\n" + text
		case text[0] == '[':
			section = strings.TrimSuffix(text[1:], "]")
			if section == text[1:] || seen[section] || strings.Contains(section, "]") {
				return nil, ErrNotINI
			}
			seen[section] = true
			out = append(out, INIOption{Section: section, Line: i})
		default:
			at := strings.IndexAny(text, "=:")
			if at <= 0 || section == "" {
				return nil, ErrNotINI
			}
			key := strings.ReplaceAll(strings.ToLower(strings.TrimSpace(text[:at])), "_", "-")
			out = append(out, INIOption{
				Section: section, Key: strings.TrimPrefix(key, "--"),
				Value: strings.TrimSpace(text[at+1:]), Line: i,
			})
		}
	}
	return out, nil
}
