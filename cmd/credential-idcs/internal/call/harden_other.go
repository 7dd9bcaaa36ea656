//go:build !unix

package call

// harden has nothing to do here: there are no set-user-ID bits, and dumps of crashed programs are made
// only where an administrator has asked for them.
func harden() (refusal string) { return "" }
