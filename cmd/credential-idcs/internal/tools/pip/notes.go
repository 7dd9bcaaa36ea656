package pip

import (
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/edit"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tool"
	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// noteKeyring notes how pip finds the link, unless it does.
func noteKeyring(env tool.Env, p *tool.Plan, link string) {
	folder := filepath.Dir(link)
	onPath := slices.ContainsFunc(filepath.SplitList(env.Get("PATH")), func(dir string) bool { return filepath.Clean(dir) == folder })
	switch found := env.Find("keyring"); {
	case found == link, found == "" && onPath: // the link is yet to come
	case found == "":
		p.Note(text.LastOnPath(folder), "pip finds us by the name keyring on PATH; for your shell's profile")
	default:
		p.Note(`alias pip='PATH=`+strings.ReplaceAll(text.Word(folder), "'", `'\''`)+`:"$PATH" pip'`,
			"pip finds us by the name keyring on PATH, where %s comes first; for your shell's profile", tool.Clean(found))
	}
}

// noteOptions notes commands of pip with another provider, and indexes whose address has no user name, for which pip runs
// no provider.
func noteOptions(p *tool.Plan, in tool.Request, path string, file []byte) {
	ini, _ := edit.ParseINI(file)
	for _, o := range ini {
		if o.Key == "trusted-host" {
			for host := range strings.FieldsSeq(o.Value) {
				noteTrusted(p, in, host, tool.Clean(path), "pip config unset "+text.Word(tool.Clean(o.Section+"."+o.Key)))
			}
		}
		setting := text.Word(tool.Clean(o.Section + "." + o.Key))
		if o.Key == pipKey && o.Section != "global" && o.Value != "subprocess" {
			p.Note("pip config unset "+setting, "%s sets another %s for pip %s alone", tool.Clean(path), pipKey, tool.Clean(o.Section))
		}
		if o.Key != "index-url" && o.Key != "extra-index-url" {
			continue
		}
		addresses := strings.Fields(o.Value)
		for _, address := range addresses {
			u, err := url.Parse(address)
			if err != nil || u.User != nil {
				continue
			}
			for _, l := range in.Targets {
				if one := (tool.Request{Targets: []helpers.Listed{l}}); !one.Covers(address) {
					continue
				}
				u.User = url.User(l.Username)
				command := "pip config set " + setting + " " + text.Word(tool.Clean(u.String()))
				if len(addresses) > 1 {
					command = "pip config edit" // set would remove the others
				}
				p.Note(command, "pip uses credential-idcs for %s only if the address has the user name %s", tool.Clean(l.Target.String()), tool.Clean(l.Username))
				break
			}
		}
	}
}

// noteTrusted notes a target whose certificate pip doesn't check; after a redirect to http the token isn't even encrypted.
func noteTrusted(p *tool.Plan, in tool.Request, host, where, command string) {
	for _, l := range in.Targets {
		name, _ := tool.SplitPort(l.Target.HostPort())
		if host = strings.ToLower(host); host == name || host == l.Target.HostPort() {
			p.Note(command, "pip doesn't check who answers at %s (trusted-host in %s), so anybody may get the token, and in clear after a redirect to http", tool.Clean(host), where)
			return
		}
	}
}
