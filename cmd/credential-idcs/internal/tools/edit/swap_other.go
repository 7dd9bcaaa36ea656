//go:build !linux && !darwin

package edit

// swap can't exchange two files here.
func swap(string, string) (ok bool, err error) { return false, nil }
