package need

import (
	"runtime"
	"testing"
)

// Unix skips a test on Windows; what is what Windows hasn't got, or Wine, under which the tests run.
func Unix(t testing.TB, what string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("not on Windows: " + what)
	}
}
