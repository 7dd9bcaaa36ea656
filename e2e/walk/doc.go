// Package walk follows the README and docs word by word, as its reader would: each command that stands in a
// set-up is run, each file that is shown is written, and what they come to is held against what the
// README shows. Nothing is put in the place of anything: the domain is the one of the README at its
// own address, and so are the git server, the registry, the cluster, the redirect and the home folder
// of ana. That takes a machine of its own, which a test gets from Linux: user, mount and network
// namespaces.
package walk
