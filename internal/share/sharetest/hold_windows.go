package sharetest

import (
	"testing"

	"golang.org/x/sys/windows"
)

// Hold opens a file for reading as another program does, a virus scanner or a backup, until release. share is what it
// lets others do meanwhile: 0, or FILE_SHARE_READ and so on.
func Hold(t testing.TB, path string, share uint32) (release func()) {
	t.Helper()
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		t.Fatal(err)
	}
	h, err := windows.CreateFile(name, windows.GENERIC_READ, share, nil, windows.OPEN_EXISTING, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	return func() { _ = windows.CloseHandle(h) }
}
