package configure

import (
	"errors"
	"path/filepath"
	"strings"

	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// A Cluster is what kubectl, and the people who run the API server, are to be told.
type Cluster struct {
	Profile  string
	Contexts []string // that shall use the profile
	User     string   // the entry's name; empty: idcs-PROFILE
	// Overwrite replaces another entry of that name. Undo ignores it.
	Overwrite bool

	Domain   string // https://idcs-….identity.oraclecloud.com
	ClientID string
	Stored   Stored
}

// Stored is what the stored token says of itself, the kind of token that the profile gives kubectl.
type Stored struct {
	ID        bool     // it is the ID token
	Issuer    string   // its iss; empty: none is known
	Audiences []string // its aud; empty: none is known
}

func (c Cluster) user() string {
	if c.User != "" {
		return c.User
	}
	return "idcs-" + c.Profile
}

// Kubectl plans a user in the first file of $KUBECONFIG, and the contexts named in whichever of its
// files has them. Print has two documents to hand on: kuberc's allowlist for the person, and the
// API server's configuration for whoever runs it. If a file can't be edited, Print has the fragment
// to paste instead, beside the error.
func Kubectl(env Env, in Cluster) (Plan, error) {
	files, err := kubeFiles(env)
	if err != nil {
		return Plan{}, err
	}
	u := execUser{name: in.user(), command: env.find("credential-idcs"), profile: in.Profile}
	if u.command == "" {
		u.command = env.Program
	}
	p := Plan{Print: kuberc(u.command) + "---\n" + authentication(in)}
	before, after, err := readAll(files)
	if err != nil {
		return Plan{}, err
	}
	if after[0], err = setUser(before[0], u, in.Overwrite); err != nil {
		return fragment(u, files[0], in, err)
	}
	for _, name := range in.Contexts {
		if err := pointContext(files, after, name, u.name); err != nil {
			var f *helpers.Failure
			if errors.As(err, &f) {
				return Plan{}, err
			}
			return fragment(u, strings.Join(files, ", "), in, err)
		}
	}
	for i, path := range files {
		p.add(kubeChange(path, before[i], after[i]))
	}
	return p, nil
}

// UndoKubectl plans the way back: the user goes, if it is ours, and the contexts that still name it
// are named.
func UndoKubectl(env Env, in Cluster) (Plan, error) {
	files, err := kubeFiles(env)
	if err != nil {
		return Plan{}, err
	}
	before, after, err := readAll(files)
	if err != nil {
		return Plan{}, err
	}
	var p Plan
	for i, path := range files {
		if after[i], err = dropUser(before[i], in.user()); err != nil {
			if !strings.Contains(string(before[i]), in.user()) {
				after[i] = before[i]
				continue // a file of another tool's: nothing of ours is in it
			}
			return Plan{}, refuse("kubectl config delete-user "+text.Word(in.user()), "%s can't be edited: %s", clean(path), err)
		}
		p.add(kubeChange(path, before[i], after[i]))
	}
	if len(p.Changes) == 0 {
		return p, nil
	}
	for i, path := range files {
		d, err := parseYAML(after[i])
		if err != nil {
			continue
		}
		for _, c := range d.contexts(in.user()) {
			p.note("kubectl config set-context "+text.Word(clean(c))+" --user=NAME", "context %s of %s still names the user %s",
				clean(c), clean(path), clean(in.user()))
		}
	}
	return p, nil
}

func kubeChange(path string, before, after []byte) Change {
	return Change{Path: path, Before: before, After: after, lock: path + ".lock", view: hideUsers, context: 3}
}

// kubeFiles are the files of $KUBECONFIG, else ~/.kube/config: at least one.
// https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/
func kubeFiles(env Env) ([]string, error) {
	var out []string
	seen := map[string]bool{}
	for _, f := range filepath.SplitList(env.get("KUBECONFIG")) {
		if f = env.absOrEmpty(f); f != "" && !seen[f] {
			seen[f] = true
			out = append(out, f)
		}
	}
	if len(out) > 0 {
		return out, nil
	}
	f, err := env.home(".kube", "config")
	return []string{f}, err
}

func (e Env) absOrEmpty(path string) string {
	if path == "" {
		return ""
	}
	return e.abs(path)
}

func readAll(files []string) (before, after [][]byte, err error) {
	for _, f := range files {
		b, err := read(f)
		if err != nil {
			return nil, nil, err
		}
		before, after = append(before, b), append(after, b)
	}
	return before, after, nil
}

// pointContext edits the first file that has the context: the one that kubectl reads it from.
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
	message := clean(strings.Join(files, ", ")) + " has no context " + clean(name)
	if len(known) > 0 {
		message += "; there are: " + clean(strings.Join(known, ", "))
	}
	return &helpers.Failure{Class: helpers.Config, Message: message, Command: "kubectl config get-contexts"}
}

// fragment is the refusal with what to paste.
func fragment(u execUser, path string, in Cluster, err error) (Plan, error) {
	p := Plan{Print: "users:\n" + strings.Join(u.lines(0, "\n"), "")}
	for _, c := range in.Contexts {
		p.Print += "# kubectl config set-context " + text.Word(clean(c)) + " --user=" + text.Word(clean(u.name)) + "\n"
	}
	if errors.Is(err, errOtherUser) {
		command := "credential-idcs configure kubectl --overwrite --profile " + text.Word(in.Profile)
		if in.User != "" {
			command += " --user " + text.Word(in.User)
		}
		for _, c := range in.Contexts {
			command += " --context " + text.Word(c)
		}
		return p, refuse(command, "%s has another user %s", clean(path), clean(u.name))
	}
	f := refuse("", "%s can't be edited without changing more than our lines (%s); paste the entry by hand", clean(path), err)
	return p, f
}
