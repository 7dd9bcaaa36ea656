package helpers

import (
	"bytes"
	"encoding/json"
	"testing"
)

// jsonOf is what encoding/json makes of a string for a reader that is no browser.
func jsonOf(t *testing.T, s string) string {
	t.Helper()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		t.Fatal(err)
	}
	return string(bytes.TrimSuffix(b.Bytes(), []byte("\n")))
}

func FuzzAppendJSON(f *testing.F) {
	for _, s := range []string{
		"", "eyJhbGciOiJSUzI1NiJ9.e30.x-_", "ana@example.com", "a b", `say "hi"`, `C:\x`, "a\nb", "tab\t", "\x00", "\x7f",
		"<a&b>", "Zoë", "\u2028", "\xff", "\xed\xa0\x80",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got, want := string(AppendJSON([]byte("x:"), s)), "x:"+jsonOf(t, s); got != want {
			t.Errorf("%q: got %s, want %s", s, got, want)
		}
	})
}
