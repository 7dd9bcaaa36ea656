package config

import (
	"errors"
	"testing"
)

const saved = `default = "work"

[profiles.work]
domain    = "https://idcs-00112233445566778899aabbccddeeff.identity.oraclecloud.com"  # https only
client_id = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
login     = "browser"        # browser | device
scope     = "urn:opc:idm:__myscopes__"
expiry    = "8h"
redirect_url = "http://127.0.0.1:8976/callback"
targets   = [
  "https://git.example.com",
  "https://git.example.com:8443/team",
]

[profiles.work.client]
secret_file = "client.secret"

[profiles.ci]
domain    = "https://idcs-00112233445566778899aabbccddeeff.identity.oraclecloud.com"  # https only
client_id = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
login     = "assertion"
scope     = "urn:opc:idm:__myscopes__"
targets   = ["https://reg.example.com"]
[profiles.ci.client]
key_file  = "client-key.pem"       # RSA,
key_id    = "buildkey2025"         # the certificate's alias

[profiles.ci.user]         # for login = "assertion": the JWT user assertion
subject   = "ana@example.com"

[profiles.work.target."https://git.example.com"]   # only where a target differs from the profile
scheme    = "auto"           # git and go: auto | basic | bearer
tools     = ["git", "go"]    # optional

[profiles.oracle]
login   = "oci"
targets = ["https://iad.ocir.io", "https://203.0.113.7:6443"]

[profiles.oracle.oci]
principal = "workload"
region    = "us-ashburn-1"

[profiles.oracle.target."https://203.0.113.7:6443"]
kind    = "oke"
cluster = "ocid1.cluster.oc1.iad.aaaaexample"
`

// Whoever reads a file while it is written finds its first part. That is never called a mistake of a person's:
// it is a file without mistake, or one that is short.
func TestTheFirstPartOfAFileIsShort(t *testing.T) {
	for i := range len(saved) + 1 {
		err := Check("/etc/config.toml", []byte(saved[:i]), Places{})
		mistake, ok := errors.AsType[*Error](err)
		if err != nil && (!ok || !mistake.Short) || err != nil && i == len(saved) {
			t.Errorf("%q…: %v", saved[max(0, i-30):i], err)
		}
	}
	for _, mistaken := range []string{"scopes = 1\n" + saved, "[profiles.work\n" + saved, saved + "colour = \"red\"\n"} {
		if mistake, ok := errors.AsType[*Error](Check("/etc/config.toml", []byte(mistaken), Places{})); !ok || mistake.Short {
			t.Errorf("%q…: %v", mistaken[:20], mistake)
		}
	}
}
