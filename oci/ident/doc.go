// Package ident reads what needs no key and no connection: which hosts are Oracle's registries, the profiles of
// ~/.oci/config, the claims of a token. A cached call needs it to find the key of its stored answer, so the package must not
// link net.
package ident
