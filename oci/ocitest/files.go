package ocitest

import (
	"crypto/md5" //nolint:gosec // Oracle's fingerprint of a key is MD5
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
)

// User is the person of sessions and API keys.
const User = "ocid1.user.oc1..aaaaana"

// A Home is a folder like ~/.oci with one profile.
type Home struct {
	Dir, Profile        string
	ConfigFile, KeyFile string
	TokenFile           string // "" for an API key
	Fingerprint         string
	Key                 *rsa.PrivateKey
	Session             string // the token, "" for an API key
}

// WriteSession writes a folder as `oci session authenticate --profile-name PROFILE` leaves it: a key and
// a session token below sessions/PROFILE, and the profile in config.
func (s *Server) WriteSession(dir, profile string) (Home, error) {
	key, err := pooled("session of " + profile)
	if err != nil {
		return Home{}, err
	}
	h := Home{Dir: dir, Profile: profile, Key: key, Session: s.Issue(User, &key.PublicKey)}
	folder := filepath.Join(dir, "sessions", profile)
	h.KeyFile, h.TokenFile = filepath.Join(folder, "oci_api_key.pem"), filepath.Join(folder, "token")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return Home{}, err
	}
	if err := s.WriteToken(h, h.Session); err != nil {
		return Home{}, err
	}
	return h, s.writeHome(&h, "security_token_file="+h.TokenFile+"\n")
}

// WriteToken puts another session token in place, as `oci session refresh` does.
func (s *Server) WriteToken(h Home, token string) error {
	s.remember(token)
	return os.WriteFile(h.TokenFile, []byte(token), 0o600)
}

// WriteAPIKey writes a folder as `oci setup config` leaves it, and registers the key for the user.
func (s *Server) WriteAPIKey(dir, profile string) (Home, error) {
	key, err := pooled("API key of " + profile)
	if err != nil {
		return Home{}, err
	}
	h := Home{Dir: dir, Profile: profile, Key: key, KeyFile: filepath.Join(dir, "oci_api_key.pem")}
	if err := s.writeHome(&h, "user="+User+"\n"); err != nil {
		return Home{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.apiKeys[s.Tenancy+"/"+User+"/"+h.Fingerprint] = &key.PublicKey
	return h, nil
}

// writeHome writes config and key. The key ends as the console's do, with a label behind the armour.
func (s *Server) writeHome(h *Home, more string) error {
	der, err := x509.MarshalPKIXPublicKey(&h.Key.PublicKey)
	if err != nil {
		return err
	}
	sum := md5.Sum(der) //nolint:gosec // see above
	h.Fingerprint = withColons(sum[:])
	private, err := x509.MarshalPKCS8PrivateKey(h.Key)
	if err != nil {
		return err
	}
	text := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}))
	s.remember(pemLine(text))
	if err := os.WriteFile(h.KeyFile, []byte(text+"OCI_API_KEY\n"), 0o600); err != nil {
		return err
	}
	h.ConfigFile = filepath.Join(h.Dir, "config")
	config, err := os.OpenFile(h.ConfigFile, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer config.Close()
	_, err = fmt.Fprintf(config, "[%s]\nfingerprint=%s\nkey_file=%s\ntenancy=%s\nregion=%s\n%s\n",
		h.Profile, h.Fingerprint, h.KeyFile, s.Tenancy, s.opts.Region, more)
	return err
}

// Resource makes what a function or another resource finds in its environment: RPST and key, as values.
func (s *Server) Resource() (rpst, key string, err error) {
	k, err := pooled("resource")
	if err != nil {
		return "", "", err
	}
	key = string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(k)}))
	s.remember(pemLine(key))
	return s.Issue(ResourceID, &k.PublicKey), key, nil
}

// ResourceID is whom Resource's session names.
const ResourceID = "ocid1.fnfunc.oc1.iad.aaaafn"
