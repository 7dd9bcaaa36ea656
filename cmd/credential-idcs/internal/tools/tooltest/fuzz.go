package tooltest

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tool"
)

// An Editor has the functions that edit a tool's file, for FuzzEditor.
type Editor struct {
	Ours  string // a text that has it may be ours already
	Add   func([]byte) ([]byte, error)
	Drop  func([]byte) ([]byte, error)
	Has   func([]byte) bool
	Seeds []string
}

// FuzzEditor checks for any file that Add's result has our setting, that a second Add changes nothing, and that Drop
// restores the bytes. A file that can't be edited must be refused with a short error that doesn't quote it.
func FuzzEditor(f *testing.F, e Editor) {
	for _, s := range append([]string{"", "\n", "\r\n", "# mine", "# mine\n", "a\rb\n", "\xef\xbb\xbfa"}, e.Seeds...) {
		f.Add([]byte(s))
		f.Add([]byte(strings.ReplaceAll(s, "\n", "\r\n")))
	}
	f.Fuzz(func(t *testing.T, before []byte) {
		if before == nil {
			before = []byte{}
		}
		if bytes.Contains(before, []byte(e.Ours)) {
			return
		}
		once, err := e.Add(bytes.Clone(before))
		if err != nil {
			if len(before) > 60 && strings.Contains(err.Error(), string(before)) {
				t.Errorf("%q: the error quotes it: %v", before, err)
			}
			var other tool.AnotherSetting
			if !errors.As(err, &other) && len(err.Error()) > 300 {
				t.Errorf("%v", err)
			}
			return
		}
		if !e.Has(once) {
			t.Errorf("%q became %q", before, once)
		}
		if twice, err := e.Add(bytes.Clone(once)); err != nil || !bytes.Equal(twice, once) {
			t.Errorf("%q: twice: %q, %v", before, twice, err)
		}
		after, err := e.Drop(bytes.Clone(once))
		if err != nil || after == nil || !bytes.Equal(after, before) {
			t.Errorf("%q became %q and then %q (%v)", before, once, after, err)
		}
	})
}
