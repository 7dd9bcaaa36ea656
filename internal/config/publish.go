package config

import (
	"path/filepath"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"

	"github.com/credential-idcs/credential-idcs/helpers"
)

// The types of a published Secret: what a [[publish]] table's type may be.
const (
	PublishDocker     = "docker"
	PublishBasicAuth  = "basic-auth"
	PublishToken      = "token"
	PublishArgoCD     = "argocd"
	PublishArgoCDHelm = "argocd-helm"
)

var publishTypes = []string{PublishDocker, PublishBasicAuth, PublishToken, PublishArgoCD, PublishArgoCDHelm}

var publishSection = section{"[[publish]]", []key{
	{"profile", aString, nil},
	{"namespace", aString, nil},
	{"secret", aString, nil},
	{"type", aString, nil},
	{"targets", aList, nil},
	{"labels", namedTexts, nil},
	{"annotations", namedTexts, nil},
}}

// A Publish is one [[publish]] table: a Kubernetes Secret into which credential-idcs-controller writes credentials.
type Publish struct {
	Line              int // of the table's header
	Profile           *Profile
	Namespace, Secret string
	Type              string // one of the types above
	// Targets are those that the Secret is for. PublishToken has none, the two of Argo CD have one.
	Targets []Target
	// Username is the one of all targets; empty for docker, where each has its own, and for a token.
	Username            string
	Labels, Annotations map[string]string
}

// Published reads the [[publish]] tables, in the order of the file. Load doesn't read them: they are only for
// credential-idcs-controller, and a mistake in them must not prevent a helper's answer. The error is an *Error.
func (f *File) Published() ([]Publish, error) {
	if f.publish == nil {
		return nil, nil
	}
	file := filepath.Base(f.Path)
	n := f.publish
	if n.kind != unstable.ArrayTable && n.kind != unstable.Array || len(n.items) > 0 && n.tables() == nil {
		return nil, &Error{File: file, Line: n.line, Reason: "publish must be a list of tables: [[publish]]"}
	}
	list := make([]Publish, 0, len(n.items))
	lines := map[string]int{}
	for _, item := range n.tables() {
		if err := publishSection.check(file, item.table); err != nil {
			return nil, err
		}
		b := publisher{builder{file: file, table: item.table}, f}
		p, err := b.publish()
		if err != nil {
			return nil, err
		}
		name := p.Namespace + "/" + p.Secret
		if first := lines[name]; first != 0 {
			return nil, b.fail(b.table, "secret", "= "+quote(p.Secret)+" of namespace "+quote(p.Namespace)+" is published twice, first in line "+strconv.Itoa(first))
		}
		lines[name] = b.table.get("secret").line
		list = append(list, p)
	}
	return list, nil
}

// A publisher makes a Publish of its table.
type publisher struct {
	builder
	of *File
}

func (b *publisher) publish() (Publish, error) {
	p := Publish{Line: b.table.line}
	for _, name := range []string{"profile", "namespace", "secret", "type"} {
		switch n := b.table.get(name); {
		case n == nil:
			return p, b.fail(b.table, "", "a [[publish]] has no "+name)
		case n.text == "":
			return p, b.fail(b.table, name, "is empty")
		}
	}
	name := b.table.text("profile")
	p.Profile = b.of.named(name)
	p.Namespace, p.Secret = b.table.text("namespace"), b.table.text("secret")
	switch {
	case p.Profile == nil:
		return p, b.fail(b.table, "profile", "is no profile"+b.of.known())
	case p.Profile.OCI != nil && p.Profile.OCI.Principal == PrincipalSession:
		return p, b.fail(b.table, "profile", "= "+quote(name)+` has principal = "session", which ends within the hour where no person is`)
	case !dnsName(name, 200, true): // the Secret of its state is named after it
		return p, b.fail(b.table, "profile", "= "+quote(name)+" can't name a Secret: only a-z, 0-9, - and . are possible there")
	case !dnsName(p.Namespace, 63, false):
		return p, b.fail(b.table, "namespace", "must be a name of a-z, 0-9 and -, 63 characters at most")
	case !dnsName(p.Secret, 253, true):
		return p, b.fail(b.table, "secret", "must be a name of a-z, 0-9, - and ., 253 characters at most")
	case strings.HasPrefix(p.Secret, "credential-idcs-state-"), p.Secret == "credential-idcs-files":
		return p, b.fail(b.table, "secret", "= "+quote(p.Secret)+" is the controller's own")
	}
	var err error
	if p.Type, err = b.choice(b.table, "type", "", publishTypes); err != nil {
		return p, err
	}
	for _, step := range []func(*Publish) error{b.targets, b.fits, b.labels} {
		if err := step(&p); err != nil {
			return p, err
		}
	}
	return p, nil
}

// targets are those of the list, else all of the profile's that the type can hold.
func (b *publisher) targets(p *Publish) error {
	n := b.table.get("targets")
	if p.Type == PublishToken {
		switch {
		case n != nil:
			return b.fail(b.table, "targets", `can't be used with type = "token", which holds the token alone`)
		case p.Profile.Domain == "":
			return b.fail(b.table, "type", `= "token" holds a token of the domain, and profile `+quote(p.Profile.Name)+" has no domain")
		}
		return nil
	}
	if n == nil {
		for _, t := range p.Profile.Targets {
			if p.cannotHold(&t) == "" {
				p.Targets = append(p.Targets, t)
			}
		}
		return nil
	}
	seen := map[helpers.Target]bool{}
	for _, item := range n.items {
		t, err := helpers.ParseTarget(item.text)
		if err != nil {
			return &Error{File: b.file, Line: item.line, Reason: "targets: " + shown(item.text) + ": " + err.Error()}
		}
		own := p.Profile.target(t)
		switch {
		case own == nil:
			return &Error{File: b.file, Line: item.line, Reason: "targets: " + quote(t.String()) + " is not in targets of profile " + quote(p.Profile.Name)}
		case seen[t]:
			return &Error{File: b.file, Line: item.line, Reason: "targets: " + quote(t.String()) + " is there twice"}
		}
		if reason := p.cannotHold(own); reason != "" {
			return &Error{File: b.file, Line: item.line, Reason: "targets: " + quote(t.String()) + " " + reason}
		}
		seen[t] = true
		p.Targets = append(p.Targets, *own)
	}
	return nil
}

// cannotHold is why a Secret of the type can't be for a target; empty: it can.
func (p *Publish) cannotHold(t *Target) string {
	fits := t.For("git")
	if p.Type == PublishDocker || p.Type == PublishArgoCDHelm {
		fits = t.For("docker") || t.For("kubelet")
	}
	switch {
	case t.Kind == KindOKE:
		return "is of kind oke, which no type holds"
	case t.Kind == KindOCIR && p.Type != PublishDocker:
		return "is of kind ocir, which only type = " + quote(PublishDocker) + " holds"
	case t.Kind == KindOCIR && p.Profile.OCI == nil:
		return "takes no token of an identity domain; add [profiles." + p.Profile.Name + ".oci]"
	case !fits:
		return "is not for those that read type = " + quote(p.Type) + ", by its tools"
	case p.Type == PublishDocker && t.Path() != "":
		return "has a path, and docker stores its logins by host"
	}
	return ""
}

// fits checks the targets against the type: their number, and whether all have one user name.
func (b *publisher) fits(p *Publish) error {
	line := "targets"
	if b.table.get(line) == nil {
		line = "type" // the list is the profile's
	}
	fail := func(reason string) error {
		n := b.table.get(line)
		return &Error{File: b.file, Line: n.line, Reason: reason}
	}
	switch p.Type {
	case PublishToken:
		return nil
	case PublishArgoCD, PublishArgoCDHelm:
		if len(p.Targets) != 1 {
			return fail("type = " + quote(p.Type) + " needs exactly one target, and there are " + strconv.Itoa(len(p.Targets)) + ": name it in targets")
		}
	default:
		if len(p.Targets) == 0 {
			return fail("type = " + quote(p.Type) + " needs a target, and profile " + quote(p.Profile.Name) + " has none that it can hold")
		}
	}
	if p.Type == PublishDocker {
		return nil
	}
	p.Username = p.Targets[0].Username
	for _, t := range p.Targets[1:] {
		if t.Username != p.Username {
			return fail("type = " + quote(p.Type) + " has one user name, and " + quote(p.Targets[0].String()) + " and " + quote(t.String()) + " have different ones")
		}
	}
	return nil
}

// labels reads labels and annotations. Those that the controller sets are refused.
func (b *publisher) labels(p *Publish) error {
	for _, kind := range []string{"labels", "annotations"} {
		n := b.table.get(kind)
		if n == nil {
			continue
		}
		m := make(map[string]string, len(n.table.keys))
		for _, name := range n.table.keys {
			v := n.table.get(name)
			prefix, _, _ := strings.Cut(name, "/")
			switch {
			case !qualified(name):
				return &Error{File: b.file, Line: v.line, Reason: kind + ": " + quote(name) + " can't be a name there"}
			case prefix == "credential-idcs", name == ArgoCDLabel:
				return &Error{File: b.file, Line: v.line, Reason: kind + ": " + quote(name) + " is set by the controller"}
			case kind == "labels" && v.text != "" && !word(v.text):
				return &Error{File: b.file, Line: v.line, Reason: kind + ": the value of " + quote(name) + " must be letters, digits, -, _ and ., 63 at most"}
			}
			m[name] = v.text
		}
		if kind == "labels" {
			p.Labels = m
		} else {
			p.Annotations = m
		}
	}
	return nil
}

// ArgoCDLabel marks a Secret that Argo CD reads.
const ArgoCDLabel = "argocd.argoproj.io/secret-type"
