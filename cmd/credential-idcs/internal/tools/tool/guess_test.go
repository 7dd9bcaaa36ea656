package tool

import (
	"testing"

	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/config"
)

func TestASuggestionFitsTheTarget(t *testing.T) {
	for target, want := range map[string]string{
		"https://git.example.com":           "git",
		"https://example.com":               "git",
		"https://registry.example.com":      "docker",
		"https://registry.example.com:5000": "docker",
		"https://eu-docker.example.com":     "docker",
		"https://10.0.0.7:5000":             "docker",
		"https://k8s.example.com":           "kubectl",
		"https://203.0.113.7:6443":          "kubectl",
		"https://[2001:db8::1]:8443":        "git",
		"https://[2001:db8::1]:6443":        "kubectl",
		"https://[2001:db8::6443]":          "git",
		"https://dockerish.example.com":     "git",
	} {
		parsed, err := helpers.ParseTarget(target)
		if err != nil {
			t.Fatal(err)
		}
		if guess := Guess(parsed); guess != want && guess != "" {
			t.Errorf("%s: guessed %s, want %s or nothing", target, guess, want)
		}
		p := Place{Listed: helpers.Listed{Target: parsed}}
		if got := p.Likely(); got != want {
			t.Errorf("%s: got %s, want %s", target, got, want)
		}
		p.Kind = config.KindOCIR
		if got := p.Likely(); got != "docker" {
			t.Errorf("%s of OCIR: got %s", target, got)
		}
	}
}
