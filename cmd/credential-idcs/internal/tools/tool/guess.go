package tool

import (
	"slices"
	"strings"

	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/config"
)

// Likely is the tool that a target seems to be for, by its kind, its port and the words of its host. It is only used for
// the command of a suggestion.
func (p *Place) Likely() string {
	switch p.Kind {
	case config.KindOCIR:
		return "docker"
	case config.KindOKE:
		return "kubectl"
	}
	if name := Guess(p.Target); name != "" {
		return name
	}
	return "git"
}

// Guess is Likely for an address alone; empty: it can't be guessed.
func Guess(t helpers.Target) string {
	host, port := t.HostPort(), ""
	if i := strings.LastIndexByte(host, ':'); i > strings.LastIndexByte(host, ']') {
		host, port = host[:i], host[i+1:]
	}
	words := strings.FieldsFunc(host, func(r rune) bool { return r == '.' || r == '-' })
	has := func(names ...string) bool {
		return slices.ContainsFunc(names, func(n string) bool { return slices.Contains(words, n) })
	}
	switch {
	case port == "6443" || has("k8s", "kube", "kubernetes"):
		return "kubectl"
	case port == "5000" || has("registry", "docker", "images", "quay", "harbor"):
		return "docker"
	case has("git", "gitlab", "gitea", "forgejo", "gerrit", "bitbucket", "code", "scm"):
		return "git"
	case has("pypi", "devpi"):
		return "pip"
	case has("npm"):
		return "pnpm"
	case has("cargo", "crates"):
		return "cargo"
	case has("goproxy"):
		return "go"
	case has("terraform"):
		return "terraform"
	}
	return ""
}
