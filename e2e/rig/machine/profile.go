//go:build linux

package machine

import (
	"fmt"
	"strings"
)

// A Profile is what config.toml says of the profile work.
type Profile struct {
	Domain  string // its URL
	CAFile  string
	Client  string   // its ID
	Login   string   // the method
	Scope   string   // "": Scope
	Targets []string // none: GitHost and Registry
	More    string   // further lines
	Proof   string   // lines of its client table; "": a public client
	Subject string   // of the user assertion; "": none
	Tables  string   // further tables, whole
	Top     string   // lines at the top of the file
}

// Configure writes the configuration anew, from the Profile as it is now.
func (m *Machine) Configure() {
	m.T.Helper()
	p := m.Profile
	if p.Scope == "" {
		p.Scope = Scope
	}
	if len(p.Targets) == 0 {
		p.Targets = []string{"https://" + GitHost, "https://" + Registry}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "[profiles.work]\ndomain = %q\nca_file = %q\nclient_id = %q\nlogin = %q\nscope = %q\n",
		p.Domain, p.CAFile, p.Client, p.Login, p.Scope)
	fmt.Fprintf(&b, "targets = [\"%s\"]\n%s", strings.Join(p.Targets, "\", \""), p.More)
	if p.Proof != "" {
		b.WriteString("[profiles.work.client]\n" + p.Proof)
	}
	if p.Subject != "" {
		fmt.Fprintf(&b, "[profiles.work.user]\nsubject = %q\n", p.Subject)
	}
	m.Write("config.toml", p.Top+b.String()+p.Tables)
}
