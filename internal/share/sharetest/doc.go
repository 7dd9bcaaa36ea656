// Package sharetest has what tests of package share and its callers need: another program that has a file open.
package sharetest
