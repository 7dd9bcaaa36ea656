package ocitest

import (
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"
)

// federate turns an instance's certificate into a session. The request is signed with the
// certificate's key, and without the host.
//
// Read in oci-go-sdk v65.130.0, common/auth/federation_client.go:378-559.
func (s *Server) federate(r *http.Request, body []byte) reply {
	const name = "x509"
	if wrong := notJSONPost(r); wrong != "" {
		return s.malformed(name, "%s", wrong)
	}
	m, err := members(body, "certificate", "publicKey", "intermediateCertificates", "fingerprintAlgorithm")
	if err != nil {
		return s.malformed(name, "%v", err)
	}
	var certificate, public, algorithm string
	var between []string
	for raw, v := range map[string]any{
		"certificate": &certificate, "publicKey": &public, "fingerprintAlgorithm": &algorithm, "intermediateCertificates": &between,
	} {
		if json.Unmarshal(m[raw], v) != nil {
			return s.malformed(name, "%s has another type", raw)
		}
	}
	if algorithm != "SHA256" {
		return s.malformed(name, "fingerprintAlgorithm %q", algorithm)
	}
	leaf, err := certificateOf(certificate)
	if err != nil {
		return s.malformed(name, "certificate: %v", err)
	}
	key, err := publicDER(public)
	if err != nil {
		return s.malformed(name, "publicKey: %v", err)
	}
	chain := x509.NewCertPool()
	for _, b := range between {
		c, err := certificateOf(b)
		if err != nil {
			return s.malformed(name, "intermediateCertificates: %v", err)
		}
		chain.AddCert(c)
	}
	roots := x509.NewCertPool()
	roots.AddCert(s.Instance.root)
	if _, err := leaf.Verify(x509.VerifyOptions{
		Roots: roots, Intermediates: chain, CurrentTime: s.Now(), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	}); err != nil {
		return s.deny(name, errors.New("the certificate isn't an instance's"))
	}
	a, err := parseAuthorization(r.Header.Values("Authorization"))
	if err != nil {
		return s.deny(name, err)
	}
	sum := sha256.Sum256(leaf.Raw)
	if want := s.Tenancy + "/fed-x509-sha256/" + withColons(sum[:]); a.keyID != want {
		return s.deny(name, errors.New("the key ID isn't that of the certificate"))
	}
	text, err := a.check(signed(r, body), s.Now(), false)
	if err != nil {
		return s.deny(name, err)
	}
	if err := a.by(leaf.PublicKey.(*rsa.PublicKey), text); err != nil {
		return s.deny(name, err)
	}
	return jsonReply(http.StatusOK, map[string]string{"token": s.Issue(leaf.Subject.CommonName, key)})
}

// certificateOf wants DER in base64 on one line: a PEM without its armour and its line breaks.
func certificateOf(text string) (*x509.Certificate, error) {
	der, err := oneLine(text)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}

// publicDER is the same of a public key, RSA of 2048 bits or more.
func publicDER(text string) (*rsa.PublicKey, error) {
	der, err := oneLine(text)
	if err != nil {
		return nil, err
	}
	return rsaPublic(der)
}

func oneLine(text string) ([]byte, error) {
	if strings.ContainsAny(text, "\r\n- ") {
		return nil, errors.New("a PEM's armour or line breaks")
	}
	der, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil {
		return nil, errors.New("no base64")
	}
	return der, nil
}

func rsaPublic(der []byte) (*rsa.PublicKey, error) {
	k, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return nil, errors.New("no public key")
	}
	public, ok := k.(*rsa.PublicKey)
	if !ok || public.N.BitLen() < 2048 {
		return nil, errors.New("no RSA key of 2048 bits")
	}
	return public, nil
}

func withColons(b []byte) string {
	var parts []string
	for _, c := range b {
		parts = append(parts, hex.EncodeToString([]byte{c}))
	}
	return strings.Join(parts, ":")
}

// renew gives a session token its successor, for the same key.
//
// Read in oci-cli 3.89.3, cli_session.py, refresh.
func (s *Server) renew(r *http.Request, body []byte) reply {
	const name = "renew"
	if wrong := notJSONPost(r); wrong != "" {
		return s.malformed(name, "%s", wrong)
	}
	m, err := members(body, "currentToken")
	if err != nil {
		return s.malformed(name, "%v", err)
	}
	var current string
	if json.Unmarshal(m["currentToken"], &current) != nil {
		return s.malformed(name, "currentToken is no text")
	}
	caller, err := s.Verify(signed(r, body))
	if err != nil {
		return s.deny(name, err)
	}
	if caller.Session != current {
		return s.deny(name, errors.New("currentToken isn't the session that signed"))
	}
	claims, err := s.claims(current)
	if err != nil {
		return s.deny(name, err)
	}
	first, _ := claims["first"].(float64)
	begun := time.Unix(int64(first), 0)
	if s.opts.Renewable > 0 && s.Now().Sub(begun) > s.opts.Renewable {
		return s.deny(name, errors.New("the session can't be renewed any longer"))
	}
	key, err := keyOf(claims["jwk"])
	if err != nil {
		return s.deny(name, err)
	}
	next := s.issue(caller.Subject, key, s.Now(), s.opts.SessionTTL, begun)
	if s.opts.RenewEnds {
		s.End(current)
	}
	return jsonReply(http.StatusOK, map[string]string{"token": next})
}
