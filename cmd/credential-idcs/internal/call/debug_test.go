package call

import (
	"os"
	"testing"

	"github.com/credential-idcs/credential-idcs/internal/host"
)

// Somebody keeps stderr open and doesn't read. The log loses lines, and nobody waits for them.
func TestNobodyWaitsForAReaderOfTheLog(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	j := newJournal(w)
	line := make([]byte, 64<<10) // a pipe full
	for range 1000 {
		if n, err := j.Write(line); n != len(line) || err != nil {
			t.Fatalf("%d, %v", n, err)
		}
	}
	j.close()
}

func TestNoLogCostsNothing(t *testing.T) {
	a := &App{Process: &host.Process{Getenv: func(string) string { return "" }}}
	if n := testing.AllocsPerRun(100, func() {
		if log := a.Log(); log != nil {
			t.Error("there is a log that nobody asked for")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
