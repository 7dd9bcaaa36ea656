package configure

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

// Whatever a file holds: what is put in is there, twice is once, and taking it out gives the bytes back.
// What can't be edited is refused with an error of few words, which quotes nothing.
func FuzzEditors(f *testing.F) {
	in := Request{Profile: "work"}
	editors := []struct {
		name string
		ours string // a text that has it may be ours already
		add  func([]byte) ([]byte, error)
		drop func([]byte) ([]byte, error)
		has  func([]byte) bool
	}{
		{
			"go", "credential-idcs",
			func(b []byte) ([]byte, error) { return addGoAuth(b, false) },
			func(b []byte) ([]byte, error) { return dropGoAuth(b), nil },
			func(b []byte) bool { _, v := lastGoAuth(lines(b)); return strings.HasPrefix(v, goCommand) },
		},
		{
			"cargo", "credential-idcs",
			func(b []byte) ([]byte, error) { return addProvider(b, in) },
			dropProvider,
			func(b []byte) bool {
				d, err := parseTOML(b)
				v := d.value(cargoProviders)
				return err == nil && v != nil && v.items[len(v.items)-1].text == cargoHelper
			},
		},
		{
			"terraform", "idcs",
			func(b []byte) ([]byte, error) { return addHCLHelper(b, false) },
			func(b []byte) ([]byte, error) { return cutLines(b, terraformLine), nil },
			func(b []byte) bool {
				blocks, err := parseHCL(b)
				return err == nil && isOurBlock(blocks[len(blocks)-1])
			},
		},
		{
			"pip", "subprocess",
			func(b []byte) ([]byte, error) { return addKeyring(b, false) },
			func(b []byte) ([]byte, error) { return dropKeyring(b), nil },
			func(b []byte) bool {
				ini, err := parseINI(b)
				for _, o := range ini {
					if isKeyringProvider(o) {
						return err == nil && o.value == "subprocess"
					}
				}
				return false
			},
		},
	}
	for _, c := range toolCases {
		for _, content := range c.everyFile() {
			f.Add([]byte(content))
		}
	}
	for _, s := range []string{
		"[registry]\nglobal-credential-providers = ['a',]", "registry.x=1", "registry={}", "[[registry]]\n", "[registry.a]\n", "a = '''\n[registry]\n'''\n",
		"a = \"{\"", "a {\n b = [1, \"}\"] # }\n}", "/* a", "a = <<X\nX\n", "[a]\nb\n", "[global]\n b=1\n", "[ global ]\n", "[global] # x\n", "GOAUTH=off", "GOAUTH=\r\n",
		"\r\n", "\xef\xbb\xbfa", "a\rb\n", "[global]\n\n\n  \n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, before []byte) {
		if before == nil {
			before = []byte{}
		}
		for _, e := range editors {
			if bytes.Contains(before, []byte(e.ours)) {
				continue
			}
			once, err := e.add(bytes.Clone(before))
			if err != nil {
				if len(before) > 60 && strings.Contains(err.Error(), string(before)) {
					t.Errorf("%s: %q: the error quotes it: %v", e.name, before, err)
				}
				var other anotherSetting
				if !errors.As(err, &other) && len(err.Error()) > 300 {
					t.Errorf("%s: %v", e.name, err)
				}
				continue
			}
			if !e.has(once) {
				t.Errorf("%s: %q became %q", e.name, before, once)
			}
			if twice, err := e.add(bytes.Clone(once)); err != nil || !bytes.Equal(twice, once) {
				t.Errorf("%s: %q: twice: %q, %v", e.name, before, twice, err)
			}
			after, err := e.drop(bytes.Clone(once))
			if err != nil || after == nil || !bytes.Equal(after, before) {
				t.Errorf("%s: %q became %q and then %q (%v)", e.name, before, once, after, err)
			}
		}
	})
}
