package tool

import "testing"

func TestVariablesAreFoundHoweverTheyAreWritten(t *testing.T) {
	e := Env{Vars: []string{`APPDATA=C:\Users\ana\AppData\Roaming`, `Path=C:\bin`}}
	if dir, err := e.ConfigHome(); err != nil || dir != `C:\Users\ana\AppData\Roaming` {
		t.Errorf("got %q, %v", dir, err)
	}
	if v, set := e.Lookup("PATH"); !set || v != `C:\bin` {
		t.Errorf("got %q, %v", v, set)
	}
}
