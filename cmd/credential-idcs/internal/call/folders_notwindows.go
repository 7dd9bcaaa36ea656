//go:build !windows

package call

// UnsetFolders: only Windows has variables for all folders.
func UnsetFolders(func(string) string) []string { return nil }
