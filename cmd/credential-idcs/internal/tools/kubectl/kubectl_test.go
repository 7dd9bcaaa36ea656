package kubectl

import (
	"bytes"
	"encoding/base64"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/edit"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tooltest"
	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
	"github.com/credential-idcs/credential-idcs/internal/text"
	"github.com/google/go-cmp/cmp"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

func TestKubectlTwiceIsOnceAndUndoGivesTheBytesBack(t *testing.T) {
	need.Unix(t, "it has the paths, modes and commands of Unix")
	for name, unix := range kubeconfigs {
		for ending, before := range map[string]string{"LF": unix, "CRLF": strings.ReplaceAll(unix, "\n", "\r\n")} {
			t.Run(name+" "+ending, func(t *testing.T) {
				h := tooltest.New(t)
				h.Write(".kube/config", before)
				p, err := (Tool{}).Plan(t.Context(), h.Env, cluster())
				tooltest.Must(t, p, err)
				once := h.Read(".kube/config")

				got, want := load(t, once), load(t, before)
				u := got.AuthInfos["idcs-work"]
				if u == nil || u.Exec == nil {
					t.Fatalf("no user:\n%s", once)
				}
				e := u.Exec
				if diff := cmp.Diff([]any{execVersion, h.Path("bin/credential-idcs"), []string{"kubectl", "--profile", "work"}, clientcmdapi.NeverExecInteractiveMode, true, installHint},
					[]any{e.APIVersion, e.Command, e.Args, e.InteractiveMode, e.ProvideClusterInfo, e.InstallHint}); diff != "" {
					t.Errorf("exec (-want +got):\n%s", diff)
				}
				delete(got.AuthInfos, "idcs-work")
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("something else changed (-before +after):\n%s", diff)
				}
				if name != "empty" && name != "comments only" && name != "start only" {
					if diff := cmp.Diff(valuesWithoutUsers(t, before), valuesWithoutUsers(t, once)); diff != "" {
						t.Errorf("something else changed (-before +after):\n%s", diff)
					}
				}
				if strings.Contains(before, "\r") && strings.Count(once, "\n") != strings.Count(once, "\r\n") {
					t.Errorf("line endings are mixed: %q", once)
				}

				if p, err = (Tool{}).Plan(t.Context(), h.Env, cluster()); err != nil || len(p.Changes) != 0 {
					t.Errorf("second time: %v\n%s", err, p.Diff())
				}
				p, err = (Tool{}).Undo(t.Context(), h.Env, cluster())
				tooltest.Must(t, p, err)
				if diff := cmp.Diff(before, h.Read(".kube/config")); diff != "" {
					t.Errorf("undone (-before +after):\n%s", diff)
				}
				if p, err = (Tool{}).Undo(t.Context(), h.Env, cluster()); err != nil || len(p.Changes) != 0 {
					t.Errorf("undone twice: %v\n%s", err, p.Diff())
				}
			})
		}
	}
}

func TestKubectlMakesAFileAndTakesItAway(t *testing.T) {
	need.Unix(t, "it has the paths, modes and commands of Unix")
	h := tooltest.New(t)
	p, err := (Tool{}).Plan(t.Context(), h.Env, cluster())
	tooltest.Must(t, p, err)
	want := `apiVersion: v1
kind: Config
users:
- name: idcs-work
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1
      command: HOME/bin/credential-idcs
      args: [kubectl, --profile, work]
      interactiveMode: Never
      provideClusterInfo: true
      installHint: credential-idcs is missing, see https://github.com/credential-idcs/credential-idcs#readme
`
	if diff := cmp.Diff(want, strings.ReplaceAll(h.Read(".kube/config"), h.Dir, "HOME")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if fi, err := os.Stat(h.Path(".kube/config")); err != nil || fi.Mode().Perm() != 0o600 {
		t.Errorf("got %v, %v, want 0600", fi.Mode(), err)
	}
	p, err = (Tool{}).Undo(t.Context(), h.Env, cluster())
	tooltest.Must(t, p, err)
	if edit.Exists(h.Path(".kube/config")) || edit.Exists(h.Path(".kube/config.lock")) {
		t.Errorf("left behind: %q", h.Read(".kube/config"))
	}
}

func TestKubectlRefusesAndHandsOutTheFragment(t *testing.T) {
	for name, c := range map[string]struct{ file, want string }{
		"alias":         {"a: &a [{name: x}]\nusers: *a\n", "its users are no list of named entries"},
		"two documents": {"kind: Config\n---\nkind: Config\n", "it has several documents"},
		"users twice":   {"users:\nkind: Config\nusers:\n", "it is no kubeconfig"},
		"users no list": {"users:\n  a: b\n", "its users are no list of named entries"},
		"a name twice":  {"kind: a\nkind: b\n", "it is no kubeconfig"},
		"not UTF-8":     {"kind: \xff\n", "it is not YAML"},
		"no YAML":       {"users: @\n", "it is not YAML"},
		"no mapping":    {"[users]\n", "it is no kubeconfig"},
	} {
		t.Run(name, func(t *testing.T) {
			h := tooltest.New(t)
			h.Write(".kube/config", c.file)
			in := cluster()
			p, err := (Tool{}).Plan(t.Context(), h.Env, in)
			want := h.Path(".kube/config") + " can't be edited without changing more than our part (" + c.want + "); paste the entry by hand\n"
			if got := tooltest.Refusal(t, err); got != want {
				t.Errorf("got %q\nwant %q", got, want)
			}
			if load(t, p.Print).AuthInfos["idcs-work"] == nil {
				t.Errorf("fragment: %s", p.Print)
			}
			if len(p.Changes) != 0 {
				t.Errorf("changes: %s", p.Diff())
			}
		})
	}
}

// A bare name for those who share the file; a CA that doesn't fit into a variable costs the check of the
// server, and that is said.
// An entry of ours that kubectl would pass over, or refuse, is not called set up.
func TestKubectlRefusesWhatKubectlPassesOver(t *testing.T) {
	const exec = "exec: {command: credential-idcs}"
	for entry, want := range map[string]string{
		exec + ", token: SECRET":                                 "\tkubectl config unset users.idcs-work.token\n",
		exec + ", tokenFile: /x":                                 "\tkubectl config unset users.idcs-work.tokenFile\n",
		exec + ", username: ana":                                 "\tkubectl config unset users.idcs-work.username\n",
		exec + ", client-certificate-data: YQ==":                 "\tkubectl config unset users.idcs-work.client-certificate-data\n",
		exec + ", auth-provider: {name: oidc}":                   "\tkubectl config unset users.idcs-work.auth-provider\n",
		exec + ", as-groups: [team]":                             "\t" + text.Edit("HOME/.kube/config") + "\n",
		"exec: {command: credential-idcs, env: [{name: \"\"}]}":  "\t" + text.Edit("HOME/.kube/config") + "\n",
		exec + ", password: SECRET":                              "",
		exec + ", as: bob, as-groups: [team]":                    "",
		"exec: {command: credential-idcs, args: [kubectl, --a]}": "",
	} {
		h := tooltest.New(t)
		before := "users:\n- {name: idcs-work, user: {" + entry + "}}\n"
		h.Write(".kube/config", before)
		p, err := (Tool{}).Plan(t.Context(), h.Env, cluster())
		if want == "" {
			tooltest.Must(t, p, err)
			if args := load(t, h.Read(".kube/config")).AuthInfos["idcs-work"].Exec.Args; !slices.Equal(args, []string{"kubectl", "--profile", "work"}) {
				t.Errorf("%s: arguments %q", entry, args)
			}
			continue
		}
		said := filepath.ToSlash(strings.ReplaceAll(tooltest.Refusal(t, err), h.Dir, "HOME"))
		if !strings.Contains(said, want) || strings.Contains(said, "SECRET") || len(p.Changes) > 0 {
			t.Errorf("%s: %q", entry, said)
		}
	}
}

// doctor's ok means that the real kubectl runs us: for each entry kubectl is run, and a stand-in writes
// down that it was.
func TestDoctorSaysOKWhereKubectlRunsUs(t *testing.T) {
	kubectl := need.Tool(t, "kubectl-1.37")
	const good = "apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, provideClusterInfo: true, "
	for name, c := range map[string]struct {
		user string // behind exec's brace; PROGRAM is our stand-in
		ca   int
	}{
		"good":                 {user: good + "command: PROGRAM, args: [kubectl, --profile, work]}"},
		"v1beta1":              {user: "apiVersion: client.authentication.k8s.io/v1beta1, provideClusterInfo: true, command: PROGRAM, args: [kubectl, --profile, work]}"},
		"token":                {user: good + "command: PROGRAM, args: [kubectl, --profile, work]}, token: x"},
		"tokenFile":            {user: good + "command: PROGRAM, args: [kubectl, --profile, work]}, tokenFile: HOME/token"},
		"password":             {user: good + "command: PROGRAM, args: [kubectl, --profile, work]}, username: a, password: b"},
		"no mode":              {user: "apiVersion: client.authentication.k8s.io/v1, provideClusterInfo: true, command: PROGRAM, args: [kubectl, --profile, work]}"},
		"v1alpha1":             {user: "apiVersion: client.authentication.k8s.io/v1alpha1, interactiveMode: Never, provideClusterInfo: true, command: PROGRAM, args: [kubectl, --profile, work]}"},
		"no version":           {user: "interactiveMode: Never, provideClusterInfo: true, command: PROGRAM, args: [kubectl, --profile, work]}"},
		"not there":            {user: good + "command: /nowhere/credential-idcs, args: [kubectl, --profile, work]}"},
		"args without kubectl": {user: good + "command: PROGRAM, args: [--profile, work]}"},
		"unknown profile":      {user: good + "command: PROGRAM, args: [kubectl, --profile, old]}"},
		"large CA":             {user: good + "command: PROGRAM, args: [kubectl, --profile, work]}", ca: 99_000},
	} {
		t.Run(name, func(t *testing.T) {
			h := tooltest.New(t)
			// The stand-in is run well only with the arguments that the program takes.
			h.Write("bin/credential-idcs", "#!/bin/sh\n[ \"$1 $3\" = 'kubectl work' ] && : >"+h.Path("ran")+"\nexit 1\n")
			h.Write("token", "x")
			h.Env.Vars = append(h.Env.Vars, "PATH="+h.Path("bin"))
			if err := os.Symlink(kubectl, h.Path("bin/kubectl")); err != nil {
				t.Fatal(err)
			}
			ca := base64.StdEncoding.EncodeToString(append(caPEM(t), bytes.Repeat([]byte("\n"), c.ca)...))
			user := strings.NewReplacer("PROGRAM", h.Path("bin/credential-idcs"), "HOME", h.Dir).Replace(c.user)
			h.Write(".kube/config", "apiVersion: v1\nkind: Config\nclusters:\n- name: c\n  cluster: {server: \"https://127.0.0.1:9\", certificate-authority-data: "+ca+"}\n"+
				"contexts:\n- {name: c, context: {cluster: c, user: us}}\ncurrent-context: c\nusers:\n- {name: us, user: {exec: {"+user+"}}\n")
			cmd := exec.Command(kubectl, "get", "--raw", "/version")
			cmd.Env = h.Env.Vars
			out, _ := cmd.CombinedOutput()
			ran := edit.Exists(h.Path("ran"))
			report := tooltest.Look(t, h, Tool{}, tooltest.Targets(t, "https://127.0.0.1:9"))
			if ok := strings.Contains(report, "ok       kubectl's context c uses credential-idcs"); ok != ran {
				t.Errorf("kubectl ran us: %v: %s\ndoctor:\n%s", ran, out, report)
			}
		})
	}
}
