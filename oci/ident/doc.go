// Package ident tells what belongs to whom without a key and without a connection: which hosts are
// Oracle's registries, what a profile of ~/.oci/config says, whom a token names. A cached call needs
// this much to know under which key its answer is stored, so the package links no net.
package ident
