// Package config reads the program's configuration file, and finds the profile that a person means and the profile
// that owns a target.
//
// # Model
//
// A File is read once and never changes. After the first mistake, which is an error with file, line and key, nothing
// of the file is used. What Load returns is checked as far as the file alone allows: a key file may still be missing,
// or the domain refuse the client.
//
// # What decides
//
// Only the file. No variable, no working directory and no second file can change an endpoint, a client, a key, a CA or
// a target. Whoever can write the file can get the tokens, so a file that others can write is refused. Paths in it are
// relative to its own folder.
//
// # Files are opened before they are checked
//
// The configuration, keys and secrets are opened first, following links as ssh does. Then the kind, owner and mode of
// the open file are checked, so what is checked is what is read, even if the name changes meanwhile. Nothing blocks: a
// fifo is opened without waiting for a writer, and refused.
//
// # Why not decode into structs
//
// The program starts for each operation of git, and decoding by reflection takes one of an answer's three
// milliseconds. So go-toml's parser fills a small tree (tree.go), a table has the possible keys (schema.go), and plain
// code builds the profiles. The tree also has the line of each key, for the messages. The parser's authors call its
// package unstable; its version is pinned, and the tests of this package notice a change.
package config

import (
	"slices"
	"time"

	"github.com/credential-idcs/credential-idcs/helpers"
)

// A File is a configuration without mistakes. It is read-only, so any number of goroutines may use it. The zero File
// has no profile.
type File struct {
	Path    string // as given to Load; empty in the zero File
	Missing bool   // there is no such file, which is no mistake: no profile owns any target
	Default string // the name of a profile, or empty
	// Seal is the store of the key with which new tokens are sealed: "kernel", "keyring", or empty: they aren't sealed.
	// SealTimeout is how long the kernel stores the key after its last use; 0: no limit.
	Seal        string
	SealTimeout time.Duration
	Profiles    []*Profile // in the order of the file

	publish *node // of Published; nil: the file has none
}

// A Profile is one [profiles.NAME] table.
type Profile struct {
	Name string // at least a byte, no control character, doesn't begin with "-"
	Line int    // of the table's header

	// Domain is the identity domain's origin in normal form: https://HOST[:PORT], lower case, without
	// :443 and final "/".
	Domain   string
	ClientID string // printable ASCII
	Login    string // one of the login methods

	// Scope and RefreshScope are space-separated scopes as the domain gets them, but for
	// offline_access and the custom expiry, which the caller adds. RefreshScope is usually empty: none
	// is sent.
	Scope, RefreshScope string
	Expiry              time.Duration // whole seconds, 60 s to 31556952 s; 0: none is asked for

	// Username is what git and docker send; where the file has none it is "oauth2". For login =
	// "password" it is the name at the domain.
	Username string
	Token    string // "access" or "id": what kubectl gets

	CA           CA
	Proxy        string // "none", http://HOST:PORT or socks5://HOST:PORT; empty: the environment's
	RedirectURL  string // http on loopback, byte for byte as registered; empty: no browser login
	RedirectLine int    // of redirect_url; 0: there is none
	// Listen is the ADDRESS:PORT at which a browser login listens; empty: at RedirectURL's. It is for a container, whose
	// published port isn't on its loopback address.
	Listen  string
	Targets []Target
	Client  *Proof // nil: a public client
	User    *User  // nil: no user assertion can be made
	OCI     *OCI   // nil: nothing of Oracle's own services
}

// A CA has the authorities to trust for the domain. The zero CA is the system's list.
type CA struct {
	Files  []Path // PEM
	System bool   // the system's list, too
}

// IsZero reports whether the file says nothing.
func (c CA) IsZero() bool { return len(c.Files) == 0 && !c.System }

// A Target is a server that a profile's tokens may go to.
type Target struct {
	helpers.Target
	Line     int           // of the entry in targets
	Username string        // the target's own, else the profile's
	Named    bool          // the file sets that; else it is "oauth2", and any other would do
	Scheme   string        // "auto", "basic" or "bearer"
	Tools    []string      // the tools that it is for, each by helpers.Tool; none: all
	MinTTL   time.Duration // the life that docker's answer should have; 0: not set
	Kind     string        // KindToken, KindOCIR or KindOKE
	Cluster  string        // of KindOKE: its OCID
	Region   string        // of the same; empty: the principal's
}

// A Proof is how the client authenticates: exactly one of SecretFile, SecretEnv, SecretCommand and a source of Key is
// set.
type Proof struct {
	SecretFile    Path
	SecretEnv     string   // the name of a variable
	SecretCommand []string // words, no shell; the first is an absolute path or a name without "/"
	Key
	Audience string // the JWT's aud
}

// A User has what a user assertion is made of. What the file doesn't set is the client's.
type User struct {
	Subject  string // the user's name at the domain
	Key             // the zero Key: neither the user nor the client has one, so no assertion can be made
	Audience string
}

// A Key is what signs: exactly one of KeyFile, SignCommand and SignAgent is set. With KeyFile there is a KeyID or a
// CertFile; with the others a CertFile, which checks each signature, and perhaps a KeyID.
type Key struct {
	KeyFile     Path     // RSA, PEM
	SignCommand []string // as SecretCommand
	SignAgent   Path     // an ssh agent's socket
	KeyID       string   // the JWT's kid
	CertFile    Path     // PEM; the JWT's x5t, unless there is a KeyID
}

// Signs reports whether there is anything that signs.
func (k Key) Signs() bool {
	return !k.KeyFile.IsZero() || len(k.SignCommand) > 0 || !k.SignAgent.IsZero()
}

// Same reports whether two keys are configured in the same way.
func (k Key) Same(o Key) bool {
	return k.KeyFile == o.KeyFile && slices.Equal(k.SignCommand, o.SignCommand) && k.SignAgent == o.SignAgent &&
		k.KeyID == o.KeyID && k.CertFile == o.CertFile
}

// DefaultAudience is the aud of assertions where the file has none. It is the identity service's
// issuer, not the domain's address:
// https://docs.oracle.com/cd/F88966_01/English/Integration_Documentation/p6_eppm_web_services_programming/102924.htm
const DefaultAudience = "https://identity.oraclecloud.com/"

// DefaultUsername is the user name beside a token where the file has none: the one that GitLab and
// others take for "the password is an OAuth token".
const DefaultUsername = "oauth2"

// HasUsername reports whether the file gives p a user name.
func (p *Profile) HasUsername() bool { return p.Username != DefaultUsername }
