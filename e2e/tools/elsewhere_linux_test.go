package tools

import (
	"net/http"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
	"github.com/credential-idcs/credential-idcs/internal/helpertest"
)

// An index that has its crates on another host has the token sent there; doctor tells once cargo has the index.
func TestDoctorTellsWhereAnIndexSendsTheToken(t *testing.T) {
	for name, c := range map[string]struct{ index, warns string }{
		"at home":            {`{"dl":"URL/dl","api":"URL","auth-required":true}`, ""},
		"crates elsewhere":   {`{"dl":"https://crates.example.com/dl","api":"URL","auth-required":true}`, "crates.example.com"},
		"another port":       {`{"dl":"https://127.0.0.1:1/dl","api":"URL","auth-required":true}`, "127.0.0.1:1"},
		"uploads elsewhere":  {`{"dl":"URL/dl","api":"https://api.example.com","auth-required":true}`, "api.example.com"},
		"crates for anybody": {`{"dl":"https://crates.example.com/dl","api":"URL"}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			row := named(t, "cargo")
			s := set(t, false, files(t, func(t *testing.T, url string) helpertest.Files {
				f := helpertest.Crate(t, url)
				f["/index/config.json"] = strings.ReplaceAll(c.index, "URL", url)
				return f
			}), row.offers)
			row.prepare(s)
			s.configure("cargo")
			_, _ = s.Try(row.fetch...) // it fails where nobody is
			said, _ := s.Try("credential-idcs", "doctor", "--offline")
			_, host, warned := strings.Cut(said, "warning  cargo sends the token of 127.0.0.1 to ")
			host, _, _ = strings.Cut(host, ",")
			if warned != (c.warns != "") || host != c.warns {
				t.Errorf("%s", said)
			}
			s.Works("credential-idcs", "unconfigure", "cargo")
			if said, _ := s.Try("credential-idcs", "doctor", "--offline"); strings.Contains(said, "sends the token") {
				t.Errorf("without us: %s", said)
			}
		})
	}
}

// The same for a host block of Terraform's file.
func TestDoctorTellsWhereAHostBlockSendsTheToken(t *testing.T) {
	for _, tool := range []string{"terraform", "tofu"} {
		t.Run(tool, func(t *testing.T) {
			need.Tool(t, tool)
			s := set(t, true, func(string) http.Handler { return http.NotFoundHandler() }, "Bearer")
			s.Tools = append(s.Tools, "CHECKPOINT_DISABLE=1", "TF_CLI_CONFIG_FILE=")
			s.Put(".terraformrc", "host \""+name+"\" {\n  services = {\n    \"modules.v1\" = \"https://evil.example.com/v1/\"\n    \"providers.v1\" = \"https://"+name+"/p/\"\n  }\n}\n")
			s.configure(tool)
			said, _ := s.Try("credential-idcs", "doctor", "--offline")
			if !strings.Contains(said, "warning  "+tool+" sends the token of "+name+" to https://evil.example.com (modules.v1 in ") || strings.Contains(said, "providers.v1") {
				t.Errorf("%s", said)
			}
		})
	}
}
