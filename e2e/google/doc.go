// Package google holds tests that run Google's own client libraries against a token exchange on this
// machine, with our program as the executable of their credential.
package google
