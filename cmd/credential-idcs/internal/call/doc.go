// Package call is one call of a helper: what git, docker, kubectl and their relatives start this program
// for, many times an hour.
//
// # A call
//
// Run finds the helper by the name of the program or its first argument (table.go, dispatch.go) and gives
// it a Source (source.go): the configuration says who owns the target, and the Tokens of that profile are
// read from the cache, or renewed by the Renewer that main hands in. What fails is explained here, once
// for calls and commands (explain.go): below, errors are facts; here they meet the command that mends
// them.
//
// # What it links
//
// Neither net nor os/exec nor crypto/tls, which a test holds: a linked package is initialised on every
// start, and most calls are answered from a file. What needs the network is in package engine, and comes
// in as a function.
package call
