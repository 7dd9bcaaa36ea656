package oci

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/netip"
	"net/url"
	"path"
	"strings"

	"github.com/credential-idcs/credential-idcs/oci/ident"
)

// A Workload is a pod of an enhanced OKE cluster: its service account token becomes a session at an
// endpoint of the cluster's own.
//
// Read in oci-go-sdk v65.130.0, common/auth/federation_client_oke_workload_identity.go:95-172.
type Workload struct {
	Endpoint string // https://IP:PORT; "": the cluster's, by KUBERNETES_SERVICE_HOST
	Account  string // the folder with token and ca.crt; "": where the kubelet mounts it
	Region   string
}

const (
	accountFolder = "/var/run/secrets/kubernetes.io/serviceaccount"
	workloadPort  = "12250"
	workloadPath  = "/resourcePrincipalSessionTokens"
)

// Session makes a key and sends its public half to the cluster's endpoint. The service account token goes to an IP address
// with a certificate of the cluster's own CA, never through a proxy.
func (p Workload) Session(ctx context.Context, m *Machine) (Session, error) {
	u, account, roots, err := p.look(m)
	if err != nil {
		return Session{}, err
	}
	key, err := newKey(m.Rand)
	if err != nil {
		return Session{}, err
	}
	body := `{"podKey":"` + strings.ReplaceAll(key.publicPEM(), "\n", `\n`) + `"}`
	way := m.way()
	way.Who, way.Roots, way.Proxy = "the cluster's workload endpoint", roots, nil
	r, err := m.ask(ctx, way, u, nil, body, authorizedBy("Bearer "+account, "application/json"))
	if err != nil {
		return Session{}, err
	}
	if r.Status != http.StatusOK {
		e := refused(u.Host, r)
		switch r.Status {
		case http.StatusForbidden:
			e.Text = "the cluster refuses workload identity (403): it must be an enhanced cluster"
		case http.StatusUnauthorized:
			e.Text = "the cluster refuses the service account token (401)"
		}
		return Session{}, e
	}
	return sessionFrom(r, workloadToken(r.Body), key, p.Region, "the cluster answered without a session")
}

// Look returns who the pod is, by its service account token; its error is what a session lacks. It sends nothing.
func (p Workload) Look(m *Machine) (subject string, err error) {
	_, account, _, err := p.look(m)
	c, _ := ident.ReadClaims(account)
	return c.Subject, err
}

// look is the endpoint, the service account token for it, and the CA to trust there.
func (p Workload) look(m *Machine) (u *url.URL, account string, roots *x509.CertPool, err error) {
	if u, err = p.url(m); err != nil {
		return nil, "", nil, err
	}
	if account, err = p.token(m); err != nil {
		return nil, "", nil, err
	}
	ca, err := m.Read(path.Join(p.folder(), "ca.crt"), AccountCA)
	if err != nil {
		return nil, "", nil, err
	}
	roots = x509.NewCertPool()
	if !roots.AppendCertsFromPEM(ca) {
		return nil, "", nil, settings(path.Join(p.folder(), "ca.crt") + " holds no certificate")
	}
	return u, account, roots, nil
}

func (p Workload) token(m *Machine) (string, error) {
	file := path.Join(p.folder(), "token")
	b, err := m.Read(file, AccountFile)
	if err != nil {
		return "", err
	}
	token := strings.TrimSpace(string(b))
	if !usable(token) {
		return "", settings(file + " holds no token")
	}
	return token, nil
}

func (p Workload) folder() string {
	if p.Account == "" {
		return accountFolder
	}
	return p.Account
}

// url is the endpoint, with an IP address, so that no name server decides who gets the token.
func (p Workload) url(m *Machine) (*url.URL, error) {
	if p.Endpoint != "" {
		u, err := url.Parse(p.Endpoint + workloadPath)
		if err != nil {
			return nil, settings("the workload endpoint can't be read")
		}
		return u, nil
	}
	host := m.Getenv("KUBERNETES_SERVICE_HOST")
	if host == "" {
		return nil, settings("KUBERNETES_SERVICE_HOST is not set: this is no pod")
	}
	a, err := netip.ParseAddr(host)
	if err != nil || a.Zone() != "" {
		return nil, settings("KUBERNETES_SERVICE_HOST is no IP address")
	}
	if a.Is6() {
		host = "[" + host + "]"
	}
	return &url.URL{Scheme: "https", Host: host + ":" + workloadPort, Path: workloadPath}, nil
}

// workloadToken reads the answer: a JSON string, in it base64, in it {"token":"ST$…"}.
func workloadToken(body []byte) string {
	var text string
	if json.Unmarshal(body, &text) != nil {
		return ""
	}
	inner, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return ""
	}
	token, _ := tokenOf(inner)
	token, _ = strings.CutPrefix(token, "ST$")
	return token
}
