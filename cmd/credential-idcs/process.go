package main

import "github.com/credential-idcs/credential-idcs/internal/host"

// thisProcess is the running process, hardened.
func thisProcess() *host.Process {
	host.UnsetTrust()
	p := host.This("credential-idcs")
	p.Dropped = dropRelative()
	p.Refusal = harden()
	return p
}
