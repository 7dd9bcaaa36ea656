// Package methods has a table with a row for each login method (table.go), and how a client authenticates (client.go).
//
// A method has two rows. The one in config.Logins has what the configuration must have for it, and whom its tokens
// belong to: a cached answer needs that, and must not link net/http. The one here has its option, its grant, the
// questions of `credential-idcs init` and its name in the domain's console.
//
// Nothing is stored here: the program stores tokens with package cache, the controller in the cluster.
package methods
