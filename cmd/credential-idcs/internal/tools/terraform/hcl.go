package terraform

import (
	"errors"
	"strings"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/edit"
)

// An hclBlock is a block or an attribute at the top of an HCL text: its keys and where it stands.
type hclBlock struct {
	keys []string  // decoded
	at   edit.Span // from the first key to behind the closing brace, or the end of the value
	set  bool      // KEY = VALUE
}

var errNotHCL = errors.New("it is not the kind of HCL that can be edited here")

// parseHCL finds what stands at the top of a configuration file of Terraform's, which is HCL 1. What
// this scanner doesn't know (JSON, heredocs, strings with ${}) it refuses.
func parseHCL(b []byte) ([]hclBlock, error) {
	if edit.LoneCR(b) {
		return nil, errNotHCL
	}
	s := hclScan{b: b}
	var out []hclBlock
	for {
		if err := s.space(true); err != nil {
			return nil, err
		}
		if s.i == len(b) {
			return out, nil
		}
		block, err := s.block()
		if err != nil {
			return nil, err
		}
		out = append(out, block)
	}
}

type hclScan struct {
	b []byte
	i int
}

// space skips blanks and comments, and line breaks if lines says so.
func (s *hclScan) space(lines bool) error {
	for s.i < len(s.b) {
		rest := string(s.b[s.i:min(s.i+2, len(s.b))])
		switch {
		case rest[0] == ' ', rest[0] == '\t', rest[0] == '\r', lines && (rest[0] == '\n' || rest[0] == ','):
			s.i++
		case rest[0] == '#', rest == "//":
			for s.i < len(s.b) && s.b[s.i] != '\n' {
				s.i++
			}
		case rest == "/*":
			end := strings.Index(string(s.b[s.i+2:]), "*/")
			if end < 0 {
				return errNotHCL
			}
			s.i += end + 4
		default:
			return nil
		}
	}
	return nil
}

// block reads KEY… { … } or KEY = VALUE.
func (s *hclScan) block() (hclBlock, error) {
	block := hclBlock{at: edit.Span{From: s.i}}
	for {
		if s.i == len(s.b) {
			return block, errNotHCL
		}
		switch c := s.b[s.i]; {
		case c == '{' && len(block.keys) > 0:
			err := s.nested()
			block.at.To = s.i
			return block, err
		case c == '=' && len(block.keys) > 0:
			s.i++
			block.set = true
			if err := s.space(false); err != nil {
				return block, err
			}
			err := s.value()
			block.at.To = s.i
			return block, err
		case c == '"':
			key, err := s.text()
			if err != nil {
				return block, err
			}
			block.keys = append(block.keys, key)
		case hclName(c):
			from := s.i
			for s.i < len(s.b) && hclName(s.b[s.i]) {
				s.i++
			}
			block.keys = append(block.keys, string(s.b[from:s.i]))
		default:
			return block, errNotHCL
		}
		if err := s.space(false); err != nil {
			return block, err
		}
	}
}

// value skips what stands behind "=".
func (s *hclScan) value() error {
	if s.i == len(s.b) {
		return errNotHCL
	}
	switch c := s.b[s.i]; {
	case c == '{', c == '[':
		return s.nested()
	case c == '"':
		_, err := s.text()
		return err
	case hclName(c):
		for s.i < len(s.b) && hclName(s.b[s.i]) {
			s.i++
		}
		return nil
	}
	return errNotHCL
}

// nested skips from a brace or bracket to behind its partner.
func (s *hclScan) nested() error {
	var open []byte
	for {
		if err := s.space(true); err != nil {
			return err
		}
		if s.i == len(s.b) {
			return errNotHCL
		}
		switch c := s.b[s.i]; {
		case c == '{', c == '[':
			open = append(open, c+2) // their partners in ASCII
			s.i++
		case c == '}', c == ']':
			if open[len(open)-1] != c {
				return errNotHCL
			}
			s.i++
			if open = open[:len(open)-1]; len(open) == 0 {
				return nil
			}
		case c == '"':
			if _, err := s.text(); err != nil {
				return err
			}
		case c == '=', hclName(c):
			s.i++
		default:
			return errNotHCL
		}
	}
}

// text reads a string on one line. Of its escapes only those of quote and backslash are known.
func (s *hclScan) text() (string, error) {
	var out strings.Builder
	for s.i++; s.i < len(s.b); s.i++ {
		switch c := s.b[s.i]; {
		case c == '"':
			s.i++
			return out.String(), nil
		case c == '\n', c == '$' && s.i+1 < len(s.b) && s.b[s.i+1] == '{':
			return "", errNotHCL
		case c == '\\':
			if s.i++; s.i == len(s.b) || s.b[s.i] != '"' && s.b[s.i] != '\\' {
				return "", errNotHCL
			}
			out.WriteByte(s.b[s.i])
		default:
			out.WriteByte(c)
		}
	}
	return "", errNotHCL
}

// hclName is whether a byte belongs to a name or a number.
func hclName(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == '-' || c == '.' || c == '+' || c >= 0x80
}
