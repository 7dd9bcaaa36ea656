package lab

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/credential-idcs/credential-idcs/oci/ocitest"
)

// NewOracle is a Lab whose profile signs as a session of the oci CLI, at a double of Oracle's services: a
// registry and a cluster.
func NewOracle(dir string, programs Programs) (*Lab, error) {
	o, err := ocitest.New(ocitest.Options{Dir: dir})
	if err != nil {
		return nil, err
	}
	l := &Lab{Programs: programs, Dir: dir, Oracle: o, Env: environment(dir, programs)}
	l.Env = append(l.Env, "HTTPS_PROXY="+o.ProxyURL())
	home := filepath.Join(dir, ".oci")
	if err := os.Mkdir(home, 0o700); err != nil {
		return nil, err
	}
	if _, err := o.WriteSession(home, "work"); err != nil {
		return nil, err
	}
	return l, os.WriteFile(filepath.Join(dir, "config.toml"), fmt.Appendf(nil, `[profiles.work]
login = "oci"
ca_file = %q
targets = ["https://iad.ocir.io", "https://k8s.example.com"]
[profiles.work.oci]
principal = "session"
profile = "work"
[profiles.work.target."https://k8s.example.com"]
kind = "oke"
cluster = "ocid1.cluster.oc1.iad.aaaa"
`, o.CAFile), 0o600)
}

// RegistryGet is docker's question for OCIR, Cluster kubectl's for OKE.
func (l *Lab) RegistryGet() Task {
	return Task{Name: "docker get, OCIR", Args: []string{l.Path("docker-credential-idcs"), "get"}, Stdin: "iad.ocir.io\n", Want: `"Secret":"eyJ`}
}

func (l *Lab) Cluster() Task {
	return Task{Name: "kubectl, OKE", Args: []string{l.Path("credential-idcs"), "kubectl", "--profile", "work"}, Want: `"token":"aHR0cHM6`}
}
