// Package release makes a release of these sources and tries what comes out of it: two builds are equal
// byte for byte, the packages install, upgrade and go, krew installs the plugin, and the program that
// `go install` builds knows its version. Nothing is published, and everything is in temporary folders.
package release
