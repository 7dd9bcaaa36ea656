package hostile

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
)

// S42, S55: no variable brings back a key exchange that crypto/tls has given up, in which whoever gets the
// domain's key later reads every refresh token of before.
func TestEnvironmentDoesNotWeakenTLS(t *testing.T) {
	m, _ := room(t, "git.example.com")
	cert, pem := rsaCertificate(t)
	m.Write("rsa.pem", pem)
	configured(t, m, func(toml string) string {
		return strings.Replace(toml, "ca_file = \""+m.Domain.CAFile+"\"", `ca_file = "rsa.pem"`, 1)
	})
	serve := func(suite uint16) int {
		m.Domain.SetTLS(&tls.Config{
			Certificates: []tls.Certificate{cert}, MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{suite}, NextProtos: []string{"http/1.1"},
		})
		return m.Domain.Counts().Requests
	}
	before := serve(tls.TLS_RSA_WITH_AES_128_GCM_SHA256)
	for _, setting := range []string{"", "tlsrsakex=1", "tlsrsakex=1,tls3des=1,tls10server=1"} {
		if r := m.Do(machine.Refresh.With("GODEBUG=" + setting)); r.Exit == 0 || m.Domain.Counts().Requests != before {
			t.Errorf("GODEBUG=%s: %s", setting, r)
		}
	}
	serve(tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256)
	if r := m.Do(machine.Refresh); r.Exit != 0 {
		t.Errorf("with a good one: %s", r)
	}
}

// rsaCertificate is one for the loopback address, signed by itself: the exchange takes an RSA key.
func rsaCertificate(t *testing.T) (tls.Certificate, string) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "domain"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage:    x509.KeyUsageKeyEncipherment | x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"localhost"},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key},
		string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}
