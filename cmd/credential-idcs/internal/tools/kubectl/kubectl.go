package kubectl

import (
	"context"
	"errors"
	"path/filepath"
	"strings"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/edit"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tool"
	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// Tool is kubectl.
type Tool struct{}

func user(in tool.Request) string {
	if in.User != "" {
		return in.User
	}
	return "idcs-" + in.Profile
}

// Plan plans a user in the first file of $KUBECONFIG, and the contexts named in whichever of its
// files has them. Print has two documents to hand on: kuberc's allowlist for the person, and the
// API server's configuration for whoever runs it. If a file can't be edited, Print has the fragment
// to paste instead, beside the error.
func (Tool) Plan(_ context.Context, env tool.Env, in tool.Request) (tool.Plan, error) {
	files, err := kubeFiles(env)
	if err != nil {
		return tool.Plan{}, err
	}
	u := execUser{name: user(in), command: env.Find("credential-idcs"), profile: in.Profile}
	if u.command == "" {
		u.command = env.Program
	}
	p := tool.Plan{Print: kuberc(u.command) + "---\n" + authentication(in)}
	before, after, err := readAll(files)
	if err != nil {
		return tool.Plan{}, err
	}
	if after[0], err = setUser(before[0], u, in.Overwrite); err != nil {
		return fragment(u, files[0], in, err)
	}
	for _, name := range in.Contexts {
		if err := pointContext(files, after, name, u.name); err != nil {
			var f *helpers.Failure
			if errors.As(err, &f) {
				return tool.Plan{}, err
			}
			return fragment(u, strings.Join(files, ", "), in, err)
		}
	}
	for i, path := range files {
		p.Add(kubeChange(path, before[i], after[i]))
	}
	return p, nil
}

// Undo plans the way back: the user goes, if it is ours, and the contexts that still name it
// are named.
func (Tool) Undo(_ context.Context, env tool.Env, in tool.Request) (tool.Plan, error) {
	files, err := kubeFiles(env)
	if err != nil {
		return tool.Plan{}, err
	}
	before, after, err := readAll(files)
	if err != nil {
		return tool.Plan{}, err
	}
	var p tool.Plan
	for i, path := range files {
		if after[i], err = dropUser(before[i], user(in)); err != nil {
			if !strings.Contains(string(before[i]), user(in)) {
				after[i] = before[i]
				continue // a file of another tool's: nothing of ours is in it
			}
			return tool.Plan{}, tool.Refuse("kubectl config delete-user "+text.Word(user(in)), "%s can't be edited: %s", tool.Clean(path), err)
		}
		p.Add(kubeChange(path, before[i], after[i]))
	}
	if len(p.Changes) == 0 {
		return p, nil
	}
	for i, path := range files {
		d, err := parseYAML(after[i])
		if err != nil {
			continue
		}
		for _, c := range d.contexts(user(in)) {
			p.Note("kubectl config set-context "+text.Word(tool.Clean(c))+" --user=NAME", "context %s of %s still names the user %s",
				tool.Clean(c), tool.Clean(path), tool.Clean(user(in)))
		}
	}
	return p, nil
}

func kubeChange(path string, before, after []byte) edit.Change {
	return edit.Change{Path: path, Before: before, After: after, Lock: path + ".lock", View: hideUsers, Context: 3}
}

// kubeFiles are the files of $KUBECONFIG, else ~/.kube/config: at least one.
// https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/
func kubeFiles(env tool.Env) ([]string, error) {
	var out []string
	seen := map[string]bool{}
	for _, f := range filepath.SplitList(env.Get("KUBECONFIG")) {
		if f == "" {
			continue
		}
		if f = env.Abs(f); !seen[f] {
			seen[f] = true
			out = append(out, f)
		}
	}
	if len(out) > 0 {
		return out, nil
	}
	f, err := env.InHome(".kube", "config")
	return []string{f}, err
}

func readAll(files []string) (before, after [][]byte, err error) {
	for _, f := range files {
		b, err := tool.Read(f)
		if err != nil {
			return nil, nil, err
		}
		before, after = append(before, b), append(after, b)
	}
	return before, after, nil
}

// pointContext edits the first file that has the Context: the one that kubectl reads it from.
func pointContext(files []string, contents [][]byte, name, user string) error {
	var known []string
	for i := range files {
		if contents[i] == nil {
			continue
		}
		out, ok, err := setContext(contents[i], name, user)
		if err != nil {
			return err
		}
		if ok {
			contents[i] = out
			return nil
		}
		d, _ := parseYAML(contents[i])
		known = append(known, d.contexts("")...)
	}
	message := tool.Clean(strings.Join(files, ", ")) + " has no context " + tool.Clean(name)
	if len(known) > 0 {
		message += "; there are: " + tool.Clean(strings.Join(known, ", "))
	}
	return &helpers.Failure{Class: helpers.Config, Message: message, Command: "kubectl config get-contexts"}
}

// fragment is the refusal with what to paste.
func fragment(u execUser, path string, in tool.Request, err error) (tool.Plan, error) {
	p := tool.Plan{Print: "users:\n" + strings.Join(u.lines(0, "\n"), "")}
	for _, c := range in.Contexts {
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
	f := tool.Refuse("", "%s can't be edited without changing more than our lines (%s); paste the entry by hand", tool.Clean(path), err)
	return p, f
}
