//go:build linux

package cluster_test

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/cluster"
	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
	"github.com/credential-idcs/credential-idcs/oci/ocitest"
)

// A cluster of OKE: the real API server asks Oracle's side about each token, and that verifies the signed
// request that it is. kubectl gets in by what init and configure made of the entry of the oci CLI, without
// a request of ours, and roles go by the user's OCID.
func TestOracleCluster(t *testing.T) {
	t.Parallel()
	need.Tool(t, "kubectl")
	const id = "ocid1.cluster.oc1.iad.aaaacluster"
	oracle := ocitest.Start(t, ocitest.Options{})
	api := cluster.New(t, oracle.CA)
	asked := api.Review(func(token string) (string, error) { return oracle.VerifyCluster(token, id, "us-ashburn-1") })
	api.Serve(cluster.Nobody)
	const group = "/apis/rbac.authorization.k8s.io/v1/"
	api.Create(group+"clusterroles", `{"metadata": {"name": "reader"},
		"rules": [{"apiGroups": [""], "resources": ["namespaces"], "verbs": ["list"]}]}`)
	api.Create(group+"clusterrolebindings", `{"metadata": {"name": "ana"},
		"roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "reader"},
		"subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "`+ocitest.User+`"}]}`)

	m := machine.Home(t, program)
	folder := filepath.Join(m.Home, ".oci")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := oracle.WriteSession(folder, "work"); err != nil {
		t.Fatal(err)
	}
	m.Put(".kube/config", `apiVersion: v1
kind: Config
current-context: prod
clusters:
- {name: c, cluster: {server: "`+api.URL+`", certificate-authority-data: `+base64.StdEncoding.EncodeToString(oracle.CA.PEM())+`}}
contexts:
- {name: prod, context: {cluster: c, user: user-abc}}
users:
- name: user-abc
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1beta1
      command: oci
      args: [ce, cluster, generate-token, --cluster-id, `+id+`, --region, us-ashburn-1, --profile, work]
`)
	before, err := os.ReadFile(filepath.Join(m.Home, ".kube/config"))
	if err != nil {
		t.Fatal(err)
	}
	m.Types("credential-idcs init work --oci session --oke prod")
	m.Types("credential-idcs configure kubectl --context prod")
	if out := m.Types("kubectl get namespaces"); !strings.Contains(out, "kube-system") {
		t.Errorf("kubectl says %s", out)
	}
	if out := m.Types("kubectl auth whoami"); !strings.Contains(out, ocitest.User) {
		t.Errorf("kubectl says %s", out)
	}
	var crowd sync.WaitGroup
	for range 10 {
		crowd.Go(func() {
			if out, err := m.Try("kubectl", "get", "namespaces"); err != nil {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
	crowd.Wait()
	if asked() == 0 {
		t.Error("the API server asked nobody")
	}
	if n := len(oracle.Requests()) + len(oracle.Tunnels()); n != 0 {
		t.Errorf("%d requests left this machine for Oracle", n)
	}
	m.Types("credential-idcs unconfigure kubectl")
	after, err := os.ReadFile(filepath.Join(m.Home, ".kube/config"))
	if err != nil || string(after) != string(before) {
		t.Errorf("%v, and the kubeconfig is\n%s", err, after)
	}
}
