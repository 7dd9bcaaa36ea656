package kubectl

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/edit"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tooltest"
	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
	"github.com/google/go-cmp/cmp"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// kubectl sorts keys and breaks lists over lines whenever it writes the file.
func TestKubectlKnowsItsEntryAfterKubectlRewroteIt(t *testing.T) {
	tooltest.NeedTool(t, "kubectl")
	h := tooltest.New(t)
	h.Write(".kube/config", kubeconfigs["kubectl"])
	p, err := (Tool{}).Plan(t.Context(), h.Env, cluster())
	tooltest.Must(t, p, err)
	cmd := exec.Command("kubectl", "config", "set-context", "prod", "--user=idcs-work")
	cmd.Env = h.Env.Vars
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("kubectl: %v: %s", err, out)
	}
	rewritten := h.Read(".kube/config")
	if p, err = (Tool{}).Plan(t.Context(), h.Env, cluster()); err != nil || len(p.Changes) != 0 {
		t.Errorf("got %v, changes\n%s", err, p.Diff())
	}
	h.Write("elsewhere/credential-idcs", "")
	moved := h.Env
	moved.Vars = append(moved.Vars, "PATH=/nowhere")
	moved.Program = "/opt/bin/credential-idcs"
	p, err = (Tool{}).Plan(t.Context(), moved, cluster())
	tooltest.Must(t, p, err)
	if got := load(t, h.Read(".kube/config")).AuthInfos["idcs-work"].Exec.Command; got != "/opt/bin/credential-idcs" {
		t.Errorf("after a move: %s", got)
	}
	h.Write(".kube/config", rewritten)
	p, err = (Tool{}).Undo(t.Context(), h.Env, cluster())
	tooltest.Must(t, p, err)
	want := load(t, rewritten)
	delete(want.AuthInfos, "idcs-work")
	if diff := cmp.Diff(want, load(t, h.Read(".kube/config"))); diff != "" {
		t.Errorf("undone (-want +got):\n%s", diff)
	}
}

func TestKubectlRefusesAnotherUserOfThatName(t *testing.T) {
	h := tooltest.New(t)
	const file = "users:\n- name: idcs-work\n  user:\n    token: SECRET\n- name: b\n  user:\n    token: HIDDEN\n"
	h.Write(".kube/config", file)
	in := cluster()
	_, err := (Tool{}).Plan(t.Context(), h.Env, in)
	if got, want := tooltest.Refusal(t, err), h.Path(".kube/config")+" has another user idcs-work\n\tcredential-idcs configure kubectl --overwrite --profile work\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if p, err := (Tool{}).Undo(t.Context(), h.Env, in); err != nil || len(p.Changes) != 0 {
		t.Errorf("undo: %v\n%s", err, p.Diff())
	}
	in.Overwrite = true
	p, err := (Tool{}).Plan(t.Context(), h.Env, in)
	if err != nil {
		t.Fatal(err)
	}
	if diff := p.Diff(); strings.Contains(diff, "SECRET") || strings.Contains(diff, "HIDDEN") || !strings.Contains(diff, "-    (hidden)\n") {
		t.Errorf("diff:\n%s", diff)
	}
	tooltest.Must(t, p, nil)
	got := load(t, h.Read(".kube/config"))
	if got.AuthInfos["idcs-work"].Exec == nil || got.AuthInfos["b"].Token != "HIDDEN" {
		t.Errorf("got\n%s", h.Read(".kube/config"))
	}
}

func TestKubectlQuotesNames(t *testing.T) {
	for _, name := range []string{"my work", "null", "1e3", "it's", "#x", "a: b", "-", "yes", "a,b", "", "[x]", "ünï"} {
		h := tooltest.New(t)
		h.Write(".kube/config", kubeconfigs["kubectl"])
		in := cluster()
		in.Profile, in.User, in.Contexts = name, "u "+name, []string{"prod"}
		p, err := (Tool{}).Plan(t.Context(), h.Env, in)
		tooltest.Must(t, p, err)
		c := load(t, h.Read(".kube/config"))
		u := c.AuthInfos["u "+name]
		if u == nil || u.Exec.Args[2] != name || c.Contexts["prod"].AuthInfo != "u "+name {
			t.Errorf("%q: got\n%s", name, h.Read(".kube/config"))
		}
	}
}

// The entry works in every shell: with another configuration or cache folder it says so; what a person has
// put into it stays, and only what is wrong changes.
func TestEntryIsSelfContainedAndKeepsWhatAPersonPutThere(t *testing.T) {
	need.Unix(t, "it has the paths, modes and commands of Unix")
	h := tooltest.New(t)
	in := cluster()
	in.ConfigFile, in.CacheDir = "/etc/idcs/config.toml", "/var/cache/idcs"
	p, err := (Tool{}).Plan(t.Context(), h.Env, in)
	tooltest.Must(t, p, err)
	e := load(t, h.Read(".kube/config")).AuthInfos["idcs-work"].Exec
	want := []string{"kubectl", "--profile", "work", "--config", "/etc/idcs/config.toml"}
	if diff := cmp.Diff(want, e.Args); diff != "" || len(e.Env) != 1 || e.Env[0] != (clientcmdapi.ExecEnvVar{Name: cacheVariable, Value: "/var/cache/idcs"}) {
		t.Errorf("%s\n%+v", diff, e.Env)
	}
	p, err = (Tool{}).Undo(t.Context(), h.Env, in)
	tooltest.Must(t, p, err)
	if edit.Exists(h.Path(".kube/config")) {
		t.Errorf("left: %s", h.Read(".kube/config"))
	}

	const mine = `users:
- name: idcs-work # mine
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1beta1 # old
      command: /old/credential-idcs
      args:
      - kubectl
      - --profile=home # no
      - --config
      - /mine.toml
      env:
      - name: HTTPS_PROXY
        value: http://proxy.example.com
      note: kept
      provideClusterInfo: false
`
	for name, file := range map[string]string{"block": mine, "flow": `{"users": [{"name": "idcs-work", "user": {"exec": {"apiVersion": "client.authentication.k8s.io/v1beta1", "command": "/old/credential-idcs",
		"args": ["kubectl", "--profile=home", "--config", "/mine.toml"], "env": [{"name": "HTTPS_PROXY", "value": "http://proxy.example.com"}], "note": "kept", "provideClusterInfo": false}}}]}`} {
		h.Write(".kube/config", file)
		in := cluster()
		in.CacheDir = "/var/cache/idcs"
		p, err = (Tool{}).Plan(t.Context(), h.Env, in)
		tooltest.Must(t, p, err)
		after := h.Read(".kube/config")
		e = load(t, after).AuthInfos["idcs-work"].Exec
		if diff := cmp.Diff([]any{execVersion, h.Path("bin/credential-idcs"), []string{"kubectl", "--profile=work", "--config", "/mine.toml"}, clientcmdapi.NeverExecInteractiveMode, true},
			[]any{e.APIVersion, e.Command, e.Args, e.InteractiveMode, e.ProvideClusterInfo}); diff != "" {
			t.Errorf("%s (-want +got):\n%s\n%s", name, diff, after)
		}
		if len(e.Env) != 2 || !strings.Contains(after, "http://proxy.example.com") || !strings.Contains(after, "kept") || name == "block" && (!strings.Contains(after, "# mine\n") || !strings.Contains(after, "# old\n")) {
			t.Errorf("%s: got\n%s", name, after)
		}
		if p, err = (Tool{}).Plan(t.Context(), h.Env, in); err != nil || len(p.Changes) != 0 {
			t.Errorf("%s: second time: %v\n%s", name, err, p.Diff())
		}
	}
}
