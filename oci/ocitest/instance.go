package ocitest

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net/http"
	"strings"
	"sync"
	"time"
)

// An Instance is a machine with its certificate.
type Instance struct {
	ID      string // ocid1.instance…
	Tenancy string

	root, between *x509.Certificate
	signer        *rsa.PrivateKey // of between

	mu   sync.Mutex
	leaf []byte // DER
	key  *rsa.PrivateKey
	turn int
}

func newInstance(tenancy string) (*Instance, error) {
	i := &Instance{ID: "ocid1.instance.oc1.iad.aaaa" + randomHex(8), Tenancy: tenancy}
	rootKey, err := pooled("instance root")
	if err != nil {
		return nil, err
	}
	if i.signer, err = pooled("instance intermediate"); err != nil {
		return nil, err
	}
	if i.root, err = authority("PKISVC Identity Root", &rootKey.PublicKey, nil, rootKey); err != nil {
		return nil, err
	}
	if i.between, err = authority("PKISVC Identity Intermediate", &i.signer.PublicKey, i.root, rootKey); err != nil {
		return nil, err
	}
	return i, i.Rotate()
}

func authority(name string, public *rsa.PublicKey, parent *x509.Certificate, by *rsa.PrivateKey) (*x509.Certificate, error) {
	template := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: time.Now().Add(48 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	if parent == nil {
		parent = template
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, by)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}

// Rotate gives the instance another key and certificate, as the platform does some times a day.
func (i *Instance) Rotate() error {
	i.mu.Lock()
	defer i.mu.Unlock()
	role := "instance, even"
	if i.turn%2 == 1 {
		role = "instance, odd"
	}
	key, err := pooled(role)
	if err != nil {
		return err
	}
	template := &x509.Certificate{
		SerialNumber: serial(),
		Subject: pkix.Name{
			CommonName:         i.ID,
			Organization:       nil,
			OrganizationalUnit: []string{"opc-certtype:instance", "opc-compartment:ocid1.compartment.oc1..aaaa", "opc-instance:" + i.ID, "opc-tenant:" + i.Tenancy},
		},
		NotBefore: time.Now().Add(-24 * time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, i.between, &key.PublicKey, i.signer)
	if err != nil {
		return err
	}
	i.leaf, i.key, i.turn = der, key, i.turn+1
	return nil
}

// KeyPEM is the instance's private key now: a secret, for a scan.
func (i *Instance) KeyPEM() []byte {
	i.mu.Lock()
	defer i.mu.Unlock()
	return pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(i.key)})
}

func (i *Instance) certPEM() []byte {
	i.mu.Lock()
	defer i.mu.Unlock()
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: i.leaf})
}

// metadataService answers the four questions of an instance principal, and refuses what it would not
// answer on a real machine: a request without the header, or one that a proxy has passed on.
//
// https://docs.oracle.com/en-us/iaas/Content/Compute/Tasks/gettingmetadata.htm
func (s *Server) metadataService(w http.ResponseWriter, r *http.Request) {
	const name = "metadata"
	conn, _ := r.Context().Value(connKey{}).(string)
	s.mu.Lock()
	s.metadata[conn] = true
	s.mu.Unlock()
	s.take(w, r, name, func(r *http.Request, body []byte) reply {
		for _, h := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "Via", "Proxy-Authorization", "Proxy-Connection"} {
			if r.Header.Get(h) != "" {
				return s.malformed(name, "header %s", h)
			}
		}
		switch auth := r.Header.Values("Authorization"); {
		case r.Method != http.MethodGet || len(body) > 0:
			return s.malformed(name, "method %s, or a body", r.Method)
		case r.URL.IsAbs() || r.Host != s.metadataHost():
			return s.malformed(name, "it came as to a proxy, or for another host")
		case len(auth) != 1 || auth[0] != "Bearer Oracle":
			return s.deny(name, errors.New("no Bearer Oracle"))
		}
		text := ""
		switch r.RequestURI {
		case "/opc/v2/instance/region":
			text = s.opts.Region
		case "/opc/v2/identity/cert.pem":
			text = string(s.Instance.certPEM())
		case "/opc/v2/identity/key.pem":
			text = string(s.Instance.KeyPEM())
			s.remember(pemLine(text))
		case "/opc/v2/identity/intermediate.pem":
			text = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Instance.between.Raw}))
		default:
			s.refuse(name, "path "+r.URL.Path)
			return reply{http.StatusNotFound, http.Header{"Content-Type": {"text/html"}}, []byte("<html>404</html>")}
		}
		return reply{http.StatusOK, http.Header{"Content-Type": {"text/plain"}}, []byte(text)}
	})
}

func (s *Server) metadataHost() string {
	if s.opts.Metadata != "" {
		return s.opts.Metadata
	}
	return s.plain.Addr().String()
}

// pemLine is a line out of the middle of a PEM: what a scan for leaks can look for.
func pemLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)/2]
}

func serial() *big.Int {
	b := make([]byte, 15)
	_, _ = rand.Read(b) // never fails, crypto/rand says
	return new(big.Int).SetBytes(b)
}
