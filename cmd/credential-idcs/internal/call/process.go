package call

import "github.com/credential-idcs/credential-idcs/internal/host"

// This is the running process, hardened.
func This() *host.Process {
	p := host.This("credential-idcs")
	p.Dropped, p.HomeTaken = dropRelative(), takeHome()
	p.Refusal = harden()
	return p
}
