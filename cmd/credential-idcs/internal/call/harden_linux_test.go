package call

import (
	"testing"

	"golang.org/x/sys/unix"
)

func TestNoCoreFileAndNoDebugger(t *testing.T) {
	if refusal := harden(); refusal != "" {
		t.Fatalf("refused: %s", refusal)
	}
	var core unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_CORE, &core); err != nil || core.Cur != 0 || core.Max != 0 {
		t.Errorf("RLIMIT_CORE is %+v, %v", core, err)
	}
	if n, err := unix.PrctlRetInt(unix.PR_GET_DUMPABLE, 0, 0, 0, 0); err != nil || n != 0 {
		t.Errorf("PR_GET_DUMPABLE is %d, %v", n, err)
	}
}
