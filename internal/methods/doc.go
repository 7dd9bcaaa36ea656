// Package methods is the ways to log in: a table with a row for each login method (table.go), and what a
// client proves itself with (client.go).
//
// A method has two halves. What the configuration must have for it, and what its tokens belong to, is its
// row in config.Logins: a cached answer needs that, and may not link net/http. All else is its row here:
// its option, its grant, the questions of `credential-idcs init`, its name in the domain's console.
//
// Nothing here stores anything: the program keeps what comes back in package cache, the controller in the
// cluster.
package methods
