package text

import "runtime"

// Edit is the command that opens a file for a person.
func Edit(path string) string {
	if runtime.GOOS == "windows" {
		return "notepad " + Word(path)
	}
	return "${EDITOR:-vi} " + Word(path)
}
