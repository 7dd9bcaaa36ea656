package configure

import (
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// noteKeyring says how pip finds the link, unless it does.
func noteKeyring(env Env, p *Plan, link string) {
	folder := filepath.Dir(link)
	onPath := slices.ContainsFunc(filepath.SplitList(env.get("PATH")), func(dir string) bool { return filepath.Clean(dir) == folder })
	switch found := env.find("keyring"); {
	case found == link, found == "" && onPath: // the link is yet to come
	case found == "":
		p.note(`export PATH="$PATH":`+text.Word(folder), "pip finds us by the name keyring on PATH; for your shell's profile")
	default:
		p.note(`alias pip='PATH=`+strings.ReplaceAll(text.Word(folder), "'", `'\''`)+`:"$PATH" pip'`,
			"pip finds us by the name keyring on PATH, where %s comes first; for your shell's profile", clean(found))
	}
}

// noteOptions finds commands of pip that have another provider, and indexes whose address has no user
// name, where pip asks nobody.
func noteOptions(p *Plan, in Request, path string, file []byte) {
	ini, _ := parseINI(file)
	for _, o := range ini {
		setting := text.Word(clean(o.section + "." + o.key))
		if o.key == pipKey && o.section != "global" && o.value != "subprocess" {
			p.note("pip config unset "+setting, "%s sets another %s for pip %s alone", clean(path), pipKey, clean(o.section))
		}
		if o.key != "index-url" && o.key != "extra-index-url" {
			continue
		}
		addresses := strings.Fields(o.value)
		for _, address := range addresses {
			u, err := url.Parse(address)
			if err != nil || u.User != nil {
				continue
			}
			for _, l := range in.Targets {
				if one := (Request{Targets: []helpers.Listed{l}}); !one.covers(address) {
					continue
				}
				u.User = url.User(l.Username)
				command := "pip config set " + setting + " " + text.Word(clean(u.String()))
				if len(addresses) > 1 {
					command = "pip config edit" // set would take the others away
				}
				p.note(command, "pip asks us for %s only if the address has the user name %s", clean(l.Target.String()), clean(l.Username))
				break
			}
		}
	}
}
