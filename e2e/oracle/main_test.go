package oracle

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/credential-idcs/credential-idcs/oci/ocitest"
)

// server is one double for all tests here: Oracle's SDK reads its proxy and its roots from the
// environment, once a process.
var server *ocitest.Server

// home is where the go command finds its caches: the tests' own HOME is empty.
var home = os.Getenv("HOME")

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "oracle")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	// The SDK knows no other port for a cluster's endpoint. Where it is taken, that test is skipped.
	server, err = ocitest.New(ocitest.Options{Dir: dir, Pod: podAddress})
	if err != nil {
		if server, err = ocitest.New(ocitest.Options{Dir: dir}); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	defer server.Close()
	for name, value := range map[string]string{
		"HOME":          dir,
		"HTTPS_PROXY":   server.ProxyURL(),
		"NO_PROXY":      "127.0.0.1,127.53.0.1",
		"SSL_CERT_FILE": server.CAFile,
		"SSL_CERT_DIR":  filepath.Join(dir, "none"),
	} {
		if err := os.Setenv(name, value); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	return m.Run()
}

const podAddress = "127.53.0.1:12250"
