package configure

import (
	"errors"
	"strings"
)

// An iniOption is an option of pip's configuration, or with an empty key the header of a section.
type iniOption struct {
	section, key string // of a key: lower case, "-" for "_", as pip takes it
	value        string // its further lines joined by line breaks
	line         int    // the first one's, from 0
}

var errNotINI = errors.New("it is not the kind of file that can be edited here")

// parseINI reads what Python's configparser does of a file that is written plainly: headers and options
// at the beginning of a line, further lines of a value indented. All else is refused.
func parseINI(b []byte) ([]iniOption, error) {
	if loneCR(b) {
		return nil, errNotINI
	}
	var out []iniOption
	section, seen := "", map[string]bool{}
	for i, line := range lines(b) {
		text := strings.TrimSpace(line)
		indented := text != "" && strings.TrimLeft(line, " \t") != line
		switch {
		case text == "", text[0] == '#', text[0] == ';':
		case indented:
			if len(out) == 0 || out[len(out)-1].key == "" {
				return nil, errNotINI
			}
			out[len(out)-1].value += "\n" + text
		case text[0] == '[':
			section = strings.TrimSuffix(text[1:], "]")
			if section == text[1:] || seen[section] || strings.Contains(section, "]") {
				return nil, errNotINI
			}
			seen[section] = true
			out = append(out, iniOption{section: section, line: i})
		default:
			at := strings.IndexAny(text, "=:")
			if at <= 0 || section == "" {
				return nil, errNotINI
			}
			key := strings.ReplaceAll(strings.ToLower(strings.TrimSpace(text[:at])), "_", "-")
			out = append(out, iniOption{
				section: section, key: strings.TrimPrefix(key, "--"),
				value: strings.TrimSpace(text[at+1:]), line: i,
			})
		}
	}
	return out, nil
}
