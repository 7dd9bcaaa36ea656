package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

var program machine.Program

func TestMain(m *testing.M) {
	if os.Getenv(envStore) != "" {
		os.Exit(frameworkHelper())
	}
	os.Exit(machine.Main(m, &program))
}

// never logs in, so its targets are what the program is set up for and has no credential for.
const never = `[profiles.never]
domain = "https://idcs-00112233445566778899aabbccddeeff.identity.oraclecloud.com"
client_id = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
login = "device"
scope = "urn:opc:idm:__myscopes__"
targets = ["https://never.example.com"]
`

// G27: Our own program keeps every rule, of either level, but those of helpers that store.
func TestOwnProgram(t *testing.T) {
	domain := idcstest.Start(t, idcstest.Options{})
	m := machine.New(t, program, domain, machine.Person, "https://git.example.com", "https://git.example.com:8443/team", "https://registry.example.com:5000")
	m.Profile.Tables = never
	m.Profile.More = "username = \"ana@example.com\"\n"
	m.Configure()
	m.Login()

	for _, c := range []struct {
		name, protocol string
		served         credential
		na             []string // beside those that need a helper that stores
	}{
		{"git", "git", credential{protocol: "https", host: "git.example.com"}, []string{"match-path"}},
		{"git with a path", "git", credential{protocol: "https", host: "git.example.com:8443", path: "team"}, nil},
		{"docker", "docker", credential{protocol: "https", host: "registry.example.com:5000"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := &bench{
				command:  []string{filepath.Join(string(program), c.protocol+"-credential-idcs")},
				env:      m.Env,
				served:   &c.served,
				mayErase: true,
				lacks:    "never.example.com",
				patience: time.Minute,
			}
			c.served.username = "ana@example.com"
			storing := map[string][]string{
				"git":    {"store-bytes", "store-long", "store-again", "store-users", "store-half", "store-expiry", "erase-one", "erase-host"},
				"docker": {"store-bytes", "store-long", "store-token", "store-again", "erase"},
			}[c.protocol]
			compare(t, judge(b, protocols[c.protocol]), nil, append(storing, c.na...))
		})
	}
}
