package lab

import "path/filepath"

// A Task is something that a client runs again and again.
type Task struct {
	Name  string
	Args  []string // the first is the path of a program
	Stdin string
	Want  string   // what stdout must hold before the task counts
	Env   []string // beside the lab's, and before it
}

// Hello is the floor, Linked the same with net/http linked, Version the program with nothing to do.
func (l *Lab) Hello() Task {
	return Task{Name: "hello", Args: []string{l.Path("hello")}, Want: "hello"}
}
func (l *Lab) Linked() Task {
	return Task{Name: "linked", Args: []string{l.Path("linked")}, Want: "linked"}
}
func (l *Lab) Version() Task {
	return Task{Name: "version", Args: []string{l.Path("credential-idcs"), "version"}, Want: "credential-idcs"}
}

// Of is the task run by the programs of another folder.
func (t Task) Of(p Programs) Task {
	t.Name += " of " + filepath.Base(string(p))
	t.Args = append([]string{p.Path(filepath.Base(t.Args[0]))}, t.Args[1:]...)
	return t
}

// request is git's.
const request = "protocol=https\nhost=git.example.com\n\n"

// execInfo is what kubectl says of the cluster.
const execInfo = `KUBERNETES_EXEC_INFO={"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1",` +
	`"spec":{"cluster":{"server":"https://git.example.com"},"interactive":false}}`

// GitGet is the answer that all is measured by.
func (l *Lab) GitGet() Task {
	return Task{Name: "git get", Args: []string{l.Path("git-credential-idcs"), "get"}, Stdin: request, Want: "password=eyJ"}
}

// Answers are a cached answer of each helper, by the name of its folder, and of `token`.
func (l *Lab) Answers() map[string]Task {
	program := l.Path("credential-idcs")
	return map[string]Task{
		"git":       l.GitGet(),
		"docker":    {Name: "docker get", Args: []string{l.Path("docker-credential-idcs"), "get"}, Stdin: "git.example.com\n", Want: `"Secret":"eyJ`},
		"kubectl":   {Name: "kubectl", Args: []string{program, "kubectl", "--profile", "work"}, Env: []string{execInfo}, Want: `"token":"eyJ`},
		"goauth":    {Name: "goauth", Args: []string{program, "goauth", "https://git.example.com"}, Want: "Authorization: Bearer eyJ"},
		"bazel":     {Name: "bazel get", Args: []string{l.Path("bazel-credential-idcs"), "get"}, Stdin: `{"uri":"https://git.example.com/a"}`, Want: `["Bearer eyJ`},
		"cargo":     {Name: "cargo get", Args: []string{l.Path("cargo-credential-idcs"), "--cargo-plugin"}, Stdin: `{"v":1,"kind":"get","operation":"read","registry":{"index-url":"sparse+https://git.example.com/"},"args":[]}` + "\n", Want: `"token":"Bearer eyJ`},
		"terraform": {Name: "terraform get", Args: []string{l.Path("terraform-credentials-idcs"), "get", "git.example.com"}, Want: `{"token":"eyJ`},
		"kubelet":   {Name: "kubelet", Args: []string{program, "kubelet"}, Stdin: `{"apiVersion":"credentialprovider.kubelet.k8s.io/v1","kind":"CredentialProviderRequest","image":"git.example.com/team/app:v1"}`, Want: `"password":"eyJ`},
		"keyring":   {Name: "keyring get", Args: []string{l.Path("keyring"), "get", "https://git.example.com/simple/", "oauth2"}, Want: "eyJ"},
		"pnpm":      {Name: "pnpm", Args: []string{l.Path("pnpm-token-idcs")}, Want: "Bearer eyJ"},
		"google":    {Name: "google", Args: []string{program, "google", "--profile", "work"}, Want: `"id_token":"eyJ`},
		"token":     {Name: "token", Args: []string{program, "token", "work"}, Want: "eyJ"},
	}
}

// GitStore, DockerStore and DockerErase are what these clients run beside the question.
func (l *Lab) GitStore() Task {
	return Task{Name: "git store", Args: []string{l.Path("git-credential-idcs"), "store"}, Stdin: request}
}

func (l *Lab) DockerStore() Task {
	return Task{Name: "docker store", Args: []string{l.Path("docker-credential-idcs"), "store"}, Stdin: `{"ServerURL":"git.example.com","Username":"oauth2","Secret":"x"}`}
}

func (l *Lab) DockerErase() Task {
	return Task{Name: "docker erase", Args: []string{l.Path("docker-credential-idcs"), "erase"}, Stdin: "git.example.com\n"}
}

// Refresh is a forced one.
func (l *Lab) Refresh() Task {
	return Task{Name: "refresh", Args: []string{l.Path("credential-idcs"), "refresh", "work"}}
}
