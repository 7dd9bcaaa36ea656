// Package keyring runs the program with seal = "keyring" against a real Secret Service, in every state that one can
// be in, and with both stores where the kernel's keys can't be had. Its tests run on Linux.
package keyring
