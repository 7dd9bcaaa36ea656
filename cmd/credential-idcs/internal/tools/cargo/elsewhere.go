package cargo

import (
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tool"
	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// elsewhere reports indexes that have other hosts for downloads or uploads, to which cargo sends the token. It reads the
// indexes that cargo has stored in $CARGO_HOME/registry/index/HOST-HASH.
// https://doc.rust-lang.org/cargo/reference/registry-index.html#index-configuration
func elsewhere(s *tool.Survey) {
	home, err := cargoHome(s.Env)
	if err != nil {
		return
	}
	folder := filepath.Join(home, "registry", "index")
	entries, _ := os.ReadDir(folder)
	for _, e := range entries {
		path := filepath.Join(folder, e.Name(), "config.json")
		b, err := tool.Read(path)
		var index struct {
			Download string `json:"dl"`
			API      string `json:"api"`
			Auth     bool   `json:"auth-required"`
		}
		if err != nil || json.Unmarshal(b, &index) != nil {
			continue
		}
		if !index.Auth { // then downloads are without a token
			index.Download = ""
		}
		said := map[string]bool{}
		for _, address := range []string{index.Download, index.API} {
			if host := hostOf(address); host != "" && !said[host] && leaves(s, e.Name(), address) {
				said[host] = true
				s.Warn("cargo sends the token of "+tool.Clean(e.Name()[:strings.LastIndexByte(e.Name(), '-')])+" to "+tool.Clean(host)+
					", where the registry's index says that crates are ("+tool.Clean(path)+")", text.Show(path))
			}
		}
	}
}

// leaves reports whether an index of a target's host has an address that no target covers.
func leaves(s *tool.Survey, folder, address string) bool {
	to, err := helpers.ParseServer(hostOf(address))
	ours := false
	for _, p := range s.Places {
		if !p.Set {
			continue
		}
		host, _ := tool.SplitPort(p.Target.HostPort())
		if rest, ok := strings.CutPrefix(folder, strings.Trim(host, "[]")+"-"); ok && !strings.Contains(rest, "-") {
			ours = true
		}
		if err == nil && p.Target.SameOrigin(to) {
			return false
		}
	}
	return ours
}

// hostOf is the host of an address, with its port; empty: it has none.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}
