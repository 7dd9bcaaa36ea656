package kubectl

import (
	"errors"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tool"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// stillWrong refuses an entry with a setting of the person's because of which kubectl doesn't run it.
func (k *kube) stillWrong(name string) error {
	for i, b := range k.after {
		c, _ := decode(b)
		u := c.user(name)
		if u == nil {
			continue
		}
		u.file = k.files[i]
		if list := u.faults(""); len(list) > 0 {
			return tool.Refuse(list[0].command, "the user %s in %s%s", tool.Clean(name), tool.Clean(u.file), list[0].why)
		}
	}
	return nil
}

// noteUnlisted notes the typed contexts whose server is no target: the helper refuses a token for it.
func (k *kube) noteUnlisted(p *tool.Plan, in tool.Request) {
	for _, name := range in.Contexts {
		server := k.server(k.all.context(name))
		if len(in.Targets) == 0 || in.Covers(server) {
			continue
		}
		p.Note("credential-idcs target add "+text.Word(tool.Clean(server))+" --profile "+text.Word(tool.Clean(in.Profile)),
			"the server of context %s, %s, is no target of profile %s yet, so it gets no token", tool.Clean(name), tool.Clean(server), tool.Clean(in.Profile))
	}
}

// noteUnused notes how a context gets the entry, if none has it.
func (k *kube) noteUnused(p *tool.Plan, in tool.Request, name string) {
	if now := merge(k.files, k.after); now.has(name) {
		return
	}
	if at := k.atTargets(in); len(at) > 0 {
		p.Note(configureContext(at[0], in), "no context uses the user %s yet, so kubectl goes on as before", tool.Clean(name))
		return
	}
	p.Note("kubectl config set-context NAME --cluster=CLUSTER --user="+text.Word(tool.Clean(name)),
		"no context has a server that is a target of profile %s, so kubectl goes on as before", tool.Clean(in.Profile))
}

func configureContext(context string, in tool.Request) string {
	command := tool.SetUp("kubectl --context "+text.Word(context), in.Profile)
	if in.User != "" {
		command += " --user " + text.Word(in.User)
	}
	return command
}

// fragment is the refusal with the entry to paste.
func fragment(u execUser, path string, in tool.Request, contexts []string, err error) (tool.Plan, error) {
	p := tool.Plan{Print: "users:\n" + u.lines(0, "\n")}
	for _, c := range contexts {
		p.Print += "# kubectl config set-context " + text.Word(tool.Clean(c)) + " --user=" + text.Word(tool.Clean(u.name)) + "\n"
	}
	if errors.Is(err, errOtherUser) {
		command := "credential-idcs configure kubectl --overwrite --profile " + text.Word(in.Profile)
		if in.User != "" {
			command += " --user " + text.Word(in.User)
		}
		for _, c := range in.Contexts {
			command += " --context " + text.Word(c)
		}
		return p, tool.Refuse(command, "%s has another user %s", tool.Clean(path), tool.Clean(u.name))
	}
	return p, tool.Refuse("", "%s can't be edited without changing more than our part (%s); paste the entry by hand", tool.Clean(path), err)
}
