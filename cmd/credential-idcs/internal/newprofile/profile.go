// Package newprofile writes a new profile into the configuration file.
//
// The profile is appended to the file as a person would write it, each key with a comment on where its value comes
// from. Nothing that is in the file changes, comments and order included, and an existing profile is never replaced.
// Package config reads the new text before it gets the file's name, so a file that this program refuses is never
// left behind.
package newprofile

import (
	"cmp"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/credential-idcs/credential-idcs/internal/config"
	"github.com/credential-idcs/credential-idcs/internal/methods"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// A Profile has the values of a new profile, as they are written in the file. Empty fields are left out.
type Profile struct {
	Name, Domain, ClientID, Login     string
	Scope, Expiry, Username, Token    string
	CAFile, RedirectURL               string
	Targets                           []Target
	SecretFile, SecretEnv             string
	KeyFile, KeyID, CertFile, Subject string

	Principal, OCIFile, OCIProfile, Region string // of [profiles.NAME.oci]
	Clusters                               []Cluster
}

// A Target is an element of targets.
type Target struct {
	URL   string
	Tools []string // the tools that it is for; none: all
}

// A Cluster is a target that is an OKE cluster.
type Cluster struct{ Target, ID, Region string }

// Field is the value of a key of the profile or of its tables, by the key's name in the file; nil for a list and for
// a key that a Profile doesn't have.
func (p *Profile) Field(key string) *string {
	switch key {
	case "domain":
		return &p.Domain
	case "client_id":
		return &p.ClientID
	case "login":
		return &p.Login
	case "scope":
		return &p.Scope
	case "expiry":
		return &p.Expiry
	case "username":
		return &p.Username
	case "token":
		return &p.Token
	case "ca_file":
		return &p.CAFile
	case "redirect_url":
		return &p.RedirectURL
	case "secret_file":
		return &p.SecretFile
	case "secret_env":
		return &p.SecretEnv
	case "key_file":
		return &p.KeyFile
	case "key_id":
		return &p.KeyID
	case "cert_file":
		return &p.CertFile
	case "subject":
		return &p.Subject
	case "principal":
		return &p.Principal
	case "oci_profile":
		return &p.OCIProfile
	case "region":
		return &p.Region
	}
	return nil
}

// TOML is the profile as text: a [profiles.NAME] table with its tables behind it, the last line with its end.
func (p Profile) TOML() string {
	var b strings.Builder
	name := key(p.Name)
	scope := "offline_access, which brings the refresh token, is added"
	if m := methods.Named(p.Login); m != nil && m.Machine {
		scope = "what the tokens are for"
	}
	table(&b, "profiles."+name, []line{
		{"domain", p.Domain, "the Domain URL in the Console"},
		{"client_id", p.ClientID, "the application's Client ID"},
		{"login", p.Login, text.List(config.LoginNames(), "or")},
		{"redirect_url", p.RedirectURL, "registered in the application, letter by letter"},
		{"scope", p.Scope, scope},
		{"expiry", p.Expiry, "how long an access token shall live"},
		{"username", p.Username, "what git and docker send beside the token"},
		{"token", p.Token, "what kubectl gets: access or id"},
		{"ca_file", p.CAFile, "whom to trust for the domain, in place of the system's list"},
	})
	if len(p.Targets)+len(p.Clusters) > 0 {
		b.WriteString("targets = [ # where the tokens may go, and nowhere else\n")
		for _, t := range p.Targets {
			b.WriteString("  " + quote(t.URL) + ",\n")
		}
		for _, c := range p.Clusters {
			b.WriteString("  " + quote(c.Target) + ",\n")
		}
		b.WriteString("]\n")
	}
	if p.SecretFile != "" || p.SecretEnv != "" || p.KeyFile != "" {
		b.WriteByte('\n')
		table(&b, "profiles."+name+".client", []line{
			{"secret_file", p.SecretFile, "the Client secret, mode 0600"},
			{"secret_env", p.SecretEnv, "the variable that holds the Client secret"},
			{"key_file", p.KeyFile, "an RSA key in PEM, mode 0600"},
			{"key_id", p.KeyID, "the alias of its certificate in the domain"},
			{"cert_file", p.CertFile, "its certificate, imported into the domain"},
		})
	}
	if p.Subject != "" {
		b.WriteByte('\n')
		table(&b, "profiles."+name+".user", []line{
			{"subject", p.Subject, "the user to log in as"},
		})
	}
	if p.Principal != "" {
		b.WriteByte('\n')
		table(&b, "profiles."+name+".oci", []line{
			{"principal", p.Principal, text.List(config.Principals, "or")},
			{"config_file", p.OCIFile, "of the oci CLI"},
			{"profile", p.OCIProfile, "of " + cmp.Or(p.OCIFile, config.OCIFile)},
			{"region", p.Region, "a region's name or key"},
		})
	}
	for _, t := range p.Targets {
		if len(t.Tools) > 0 {
			b.WriteString("\n[profiles." + name + ".target." + quote(t.URL) + "]\n" + toolsLine(t.Tools) + " # nothing else gets a token there\n")
		}
	}
	for _, c := range p.Clusters {
		b.WriteByte('\n')
		table(&b, "profiles."+name+".target."+quote(c.Target), []line{
			{"kind", config.KindOKE, "a cluster of OKE"},
			{"cluster", c.ID, "its OCID"},
			{"region", c.Region, "its region"},
		})
	}
	return b.String()
}

type line struct{ key, value, about string }

func table(b *strings.Builder, header string, lines []line) {
	b.WriteString("[" + header + "]\n")
	wide := 0
	for _, l := range lines {
		if l.value != "" {
			wide = max(wide, len(l.key))
		}
	}
	for _, l := range lines {
		if l.value != "" {
			fmt.Fprintf(b, "%-*s = %s # %s\n", wide, l.key, quote(l.value), l.about)
		}
	}
}

// key is a name as part of a header: bare where TOML allows it.
func key(s string) string {
	for _, r := range s {
		bare := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '-' || r == '_'
		if !bare {
			return quote(s)
		}
	}
	if s == "" {
		return quote(s)
	}
	return s
}

// quote is a basic string (TOML 1.0, String), on one line whatever s holds.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i, r := range s {
		switch {
		case r == utf8.RuneError: // perhaps a byte that is no UTF-8: kept as typed, so that config refuses it
			_, size := utf8.DecodeRuneInString(s[i:])
			b.WriteString(s[i : i+size])
		case r == '"' || r == '\\':
			b.WriteString(`\` + string(r))
		case r < ' ' || 0x7f <= r && r <= 0x9f:
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String() + `"`
}
