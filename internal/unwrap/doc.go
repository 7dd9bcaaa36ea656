// Package unwrap takes secrets, tokens and keys out of what they come wrapped in: an editor's byte order
// mark, PowerShell's UTF-16, the line end of echo, quotes of a JSON value, an address's %3D, a PEM file
// whose line ends became \n in a variable. What is certainly no part of the value is taken away; what
// could be one, or is another thing altogether, is an error that says so. The domain would otherwise get
// it, refuse it, and be blamed.
//
// Errors never repeat what was read.
package unwrap
