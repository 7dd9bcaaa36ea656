// Package signer runs the program with the keys of docs/keys.md that lie in a TPM, which swtpm plays. Its tests run on
// Linux.
package signer
