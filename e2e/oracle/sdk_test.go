package oracle

import (
	"context"
	"crypto/rsa"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/oracle/oci-go-sdk/v65/common"
	"github.com/oracle/oci-go-sdk/v65/common/auth"
	"github.com/oracle/oci-go-sdk/v65/containerregistry"

	"github.com/credential-idcs/credential-idcs/oci/ocitest"
)

// pull asks the double for a registry token with the SDK's own client.
func pull(t *testing.T, p common.ConfigurationProvider) {
	t.Helper()
	c, err := containerregistry.NewContainerRegistryClientWithConfigurationProvider(p)
	if err != nil {
		t.Fatal(err)
	}
	// The SDK's table says ocir.REGION.oci.SLD; docker's name leads to the same path.
	for _, host := range []string{c.Host, "https://iad.ocir.io"} {
		c.Host = host
		before, refusals := server.Count("registry"), len(server.Refusals())
		answer, err := c.GetAccessToken(context.Background(), containerregistry.GetAccessTokenRequest{})
		if err != nil {
			t.Fatalf("%s: %v; refused: %q", host, err, server.Refusals()[refusals:])
		}
		if answer.Token == nil || server.Count("registry") != before+1 {
			t.Errorf("%s: no token, or more than one request", host)
		}
	}
}

func TestSDKsSession(t *testing.T) {
	h, err := server.WriteSession(t.TempDir(), "work")
	if err != nil {
		t.Fatal(err)
	}
	p, err := common.ConfigurationProviderForSessionTokenWithProfile(h.ConfigFile, "work", "")
	if err != nil {
		t.Fatal(err)
	}
	pull(t, p)
}

func TestSDKsAPIKey(t *testing.T) {
	h, err := server.WriteAPIKey(t.TempDir(), "DEFAULT")
	if err != nil {
		t.Fatal(err)
	}
	p, err := common.ConfigurationProviderFromFileWithProfile(h.ConfigFile, "DEFAULT", "")
	if err != nil {
		t.Fatal(err)
	}
	pull(t, p)
}

func TestSDKsResource(t *testing.T) {
	rpst, key, err := server.Resource()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("OCI_RESOURCE_PRINCIPAL_VERSION", "2.2")
	t.Setenv("OCI_RESOURCE_PRINCIPAL_RPST", rpst)
	t.Setenv("OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM", key)
	t.Setenv("OCI_RESOURCE_PRINCIPAL_REGION", "us-ashburn-1")
	p, err := auth.ResourcePrincipalConfigurationProvider()
	if err != nil {
		t.Fatal(err)
	}
	pull(t, p)
}

func TestSDKsInstance(t *testing.T) {
	t.Setenv("OCI_METADATA_BASE_URL", server.MetadataURL())
	p, err := auth.InstancePrincipalConfigurationProvider()
	if err != nil {
		t.Fatalf("%v; refused: %q", err, server.Refusals())
	}
	pull(t, p)
}

func TestSDKsWorkload(t *testing.T) {
	if server.WorkloadURL() != "https://"+podAddress {
		t.Skip(podAddress + " is taken")
	}
	dir := t.TempDir()
	if err := server.WriteServiceAccount(dir); err != nil {
		t.Fatal(err)
	}
	host, _, _ := strings.Cut(podAddress, ":")
	t.Setenv("OCI_RESOURCE_PRINCIPAL_VERSION", "2.2")
	t.Setenv("OCI_RESOURCE_PRINCIPAL_REGION", "us-ashburn-1")
	t.Setenv("OCI_KUBERNETES_SERVICE_ACCOUNT_CERT_PATH", filepath.Join(dir, "ca.crt"))
	t.Setenv("KUBERNETES_SERVICE_HOST", host)
	account, err := os.ReadFile(filepath.Join(dir, "token"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := auth.OkeWorkloadIdentityConfigurationProviderWithServiceAccountTokenProvider(
		auth.NewSuppliedServiceAccountTokenProvider(string(account)))
	if err != nil {
		t.Fatal(err)
	}
	pull(t, p)
}

// keyOf is whom the double's session is for, in the SDK's eyes.
func keyOf(t *testing.T, p common.ConfigurationProvider) (*rsa.PrivateKey, string) {
	t.Helper()
	k, err := p.PrivateRSAKey()
	if err != nil {
		t.Fatal(err)
	}
	id, err := p.KeyID()
	if err != nil {
		t.Fatal(err)
	}
	return k, id
}

// A token for a cluster is what the SDK's signer signs.
func TestClusterTokenIsTheSDKs(t *testing.T) {
	h, err := server.WriteSession(t.TempDir(), "cluster")
	if err != nil {
		t.Fatal(err)
	}
	p, err := common.ConfigurationProviderForSessionTokenWithProfile(h.ConfigFile, "cluster", "")
	if err != nil {
		t.Fatal(err)
	}
	key, id := keyOf(t, p)
	const cluster = "ocid1.cluster.oc1.iad.aaaa"
	if who, err := server.VerifyCluster(clusterToken(t, provider{key, id}, cluster), cluster, "us-ashburn-1"); err != nil || who != ocitest.User {
		t.Errorf("the double sees %q, %v", who, err)
	}
}
