// Package targets holds the program, under each of its names, to one reading of every spelling of a host:
// those of helpers/testdata/hosts.txt. What one protocol refuses and another serves would be the way
// round all of them.
package targets
