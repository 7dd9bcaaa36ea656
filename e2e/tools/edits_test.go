//go:build linux

package tools

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
)

// Some tools write their configuration themselves, and anew: sorted, without comments. What they read
// of ours then is what we wrote, and unconfigure takes that out and nothing of the person's.
func TestToolsOwnEdits(t *testing.T) {
	for _, c := range []struct {
		tool, program, file string
		env                 []string
		edit                []string
		reads               []string // prints the setting
		want                string
		left                string // what the file holds afterwards
	}{
		{
			tool: "go", program: "go", file: ".config/go/env", env: []string{"GOTOOLCHAIN=local"},
			edit:  []string{"go", "env", "-w", "GOSUMDB=off", "GOPRIVATE=git.example.com"},
			reads: []string{"go", "env", "GOAUTH"}, want: "credential-idcs goauth;netrc\n",
			left: "GOPRIVATE=git.example.com\nGOSUMDB=off\n",
		},
		{
			tool: "pip", program: "python3", file: ".config/pip/pip.conf", env: []string{"PIP_DISABLE_PIP_VERSION_CHECK=1"},
			edit:  []string{"python3", "-m", "pip", "config", "set", "global.timeout", "7"},
			reads: []string{"python3", "-m", "pip", "config", "get", "global.keyring-provider"}, want: "subprocess\n",
			// The comment by which we know our line is gone, so it stays, and is named.
			left: "[global]\nkeyring-provider = subprocess\ntimeout = 7\n\n",
		},
		{
			tool: "pnpm", program: "npm", file: ".npmrc", env: []string{"npm_config_update_notifier=false"},
			edit:  []string{"npm", "config", "set", "fund=false"},
			reads: []string{"sh", "-c", "grep tokenHelper .npmrc"}, want: "//git.example.com/:tokenHelper=" + string(os.PathSeparator),
			left: "fund=false\n",
		},
	} {
		t.Run(c.tool, func(t *testing.T) {
			need.Tool(t, c.program)
			m := machine.Home(t, program)
			m.Tools = append(m.Tools, c.env...)
			m.Put(".config/go/telemetry/mode", "off")
			m.Write("config.toml", "[profiles.work]\ndomain = \"https://domain.example.com\"\nclient_id = \"c\"\nlogin = \"device\"\nscope = \"s\"\ntargets = [\"https://git.example.com\"]\n")
			m.Works("credential-idcs", "configure", c.tool)
			m.Works(c.edit...)
			if said := m.Works(c.reads...); !strings.HasSuffix(said, c.want) && !strings.HasPrefix(said, c.want) {
				t.Errorf("it reads %q", said)
			}
			if said := m.Works("credential-idcs", "configure", c.tool); !strings.Contains(said, "already set up, nothing changed") {
				t.Errorf("configured again: %s", said)
			}
			said := m.Works("credential-idcs", "unconfigure", c.tool)
			b, err := os.ReadFile(filepath.Join(m.Home, c.file))
			if err != nil || string(b) != c.left {
				t.Errorf("left %q, %v", b, err)
			}
			if named := strings.Contains(said, "\tpip config unset global.keyring-provider\n"); named != (c.tool == "pip") {
				t.Errorf("unconfigure: %s", said)
			}
		})
	}
}
