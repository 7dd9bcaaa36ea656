package host

import (
	"slices"
	"testing"
)

// Windows doesn't tell Idcs_Secret from IDCS_SECRET: hidden is hidden, however it is written.
func TestAVariableIsHiddenHoweverItIsWritten(t *testing.T) {
	environ := []string{"Path=C:\\bin", "IDCS_SECRET=hunter2", "Git_Dir=x", "kubernetes_exec_info={}"}
	if got := ChildEnviron(environ, "Idcs_Secret"); !slices.Equal(got, environ[:1]) {
		t.Errorf("got %q", got)
	}
	if got := Without(environ, "idcs_secret"); slices.Contains(got, "IDCS_SECRET=hunter2") {
		t.Errorf("got %q", got)
	}
}
