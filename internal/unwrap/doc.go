// Package unwrap reads secrets, tokens and keys from files and variables, and removes what other programs add to them:
// an editor's byte order mark, PowerShell's UTF-16, the line break of echo, the quotes of a JSON value, an address's
// %3D, \n in place of a PEM file's line breaks. Only what is certainly no part of the value is removed. What may be one,
// or is something else, is an error: the domain would refuse it without saying why.
//
// Errors never quote what was read.
package unwrap
