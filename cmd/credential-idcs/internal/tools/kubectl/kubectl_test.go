package kubectl

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/edit"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tool"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tooltest"
	"github.com/google/go-cmp/cmp"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/yaml"
)

// kubeconfigs are files as people, kubectl, kind and clouds write them.
var kubeconfigs = map[string]string{
	"kubectl": `apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: QUJD
    server: https://k8s.example.com:6443
  name: prod
contexts:
- context:
    cluster: prod
    namespace: team
    user: admin
  name: prod
- context:
    cluster: prod
    user: admin
  name: other
current-context: prod
kind: Config
preferences: {}
users:
- name: admin
  user:
    client-certificate-data: QUJD
    client-key-data: U0VDUkVU
- name: oidc
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1beta1
      args:
      - oidc-login
      - get-token
      command: kubectl
      env: null
      interactiveMode: IfAvailable
      provideClusterInfo: false
`,
	"by hand": `---
# my clusters
apiVersion: v1   # always
kind: Config

users:           # who
  # the admin
  - name: 'admin'
    user:
      token: "SECRET"   # secret

  # the end
contexts:
  - name: prod
    context: # where
      cluster: prod
      user: admin # me
      extensions:
        - name: x
          extension:
            note: |
              users:
              - name: idcs-work
                user: {}

              end
  - name: bare
    context:
      cluster: prod

clusters: []
`,
	"users null":      "apiVersion: v1\nkind: Config\nclusters: null\ncontexts: null\nusers: null\n",
	"users empty":     "apiVersion: v1\nkind: Config\nusers: []   # nobody\npreferences: {}\n",
	"users tilde":     "kind: Config\nusers: ~",
	"users nothing":   "kind: Config\nusers:\ncontexts:\n",
	"users last":      "kind: Config\nusers:",
	"users commented": "kind: Config\nusers: # [not]\n",
	"no users":        "# head\n\nkind: Config\napiVersion: v1",
	"empty":           "",
	"comments only":   "# nothing\n# here",
	"start only":      "---\n",
	"one user":        "users:\n- name: a\n  user:\n    token: x",
	"deep lists":      "users:\n    -\n        name: a\n        user:\n            token: x\n",
	"block at end":    "kind: Config\nusers:\n- name: a\n  user:\n    token: |-\n      x\n",
	"blank end":       "kind: Config\nusers:\n- name: a\n  user: {}\n\n\n",
}

func cluster() tool.Request {
	return tool.Request{Profile: "work", Domain: "https://idcs-1.identity.oraclecloud.com", ClientID: "abc"}
}

func load(t *testing.T, b string) *clientcmdapi.Config {
	t.Helper()
	c, err := clientcmd.Load([]byte(b))
	if err != nil {
		t.Fatalf("client-go: %v\n%s", err, b)
	}
	return c
}

// values is the file as a YAML library reads it, without the users.
func valuesWithoutUsers(t *testing.T, b string) map[string]any {
	t.Helper()
	var out map[string]any
	if err := yaml.Unmarshal([]byte(b), &out); err != nil {
		t.Fatalf("yaml: %v\n%s", err, b)
	}
	delete(out, "users")
	return out
}

func TestKubectlTwiceIsOnceAndUndoGivesTheBytesBack(t *testing.T) {
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

func TestKubectlPointsContextsAtUs(t *testing.T) {
	h := tooltest.New(t)
	h.Write("one", kubeconfigs["kubectl"])
	h.Write("two", kubeconfigs["by hand"])
	h.Env.Vars = append(h.Env.Vars, "KUBECONFIG="+h.Path("one")+string(os.PathListSeparator)+string(os.PathListSeparator)+h.Path("two"))
	in := cluster()
	in.Contexts = []string{"prod", "bare"}
	p, err := (Tool{}).Plan(t.Context(), h.Env, in)
	tooltest.Must(t, p, err)

	one, two := load(t, h.Read("one")), load(t, h.Read("two"))
	for _, c := range []struct{ what, got, want string }{
		{"prod", one.Contexts["prod"].AuthInfo, "idcs-work"},
		{"prod's namespace", one.Contexts["prod"].Namespace, "team"},
		{"other", one.Contexts["other"].AuthInfo, "admin"},
		{"bare", two.Contexts["bare"].AuthInfo, "idcs-work"},
		{"prod of the second file", two.Contexts["prod"].AuthInfo, "admin"},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %q, want %q", c.what, c.got, c.want)
		}
	}
	if two.AuthInfos["idcs-work"] != nil {
		t.Error("the user is in both files")
	}
	if got, want := h.Read("two"), strings.Replace(kubeconfigs["by hand"], "- name: bare\n    context:\n", "- name: bare\n    context:\n      user: idcs-work\n", 1); got != want {
		t.Errorf("(-want +got):\n%s", cmp.Diff(want, got))
	}

	p, err = (Tool{}).Undo(t.Context(), h.Env, in)
	tooltest.Must(t, p, err)
	var notes []string
	for _, n := range p.Notes {
		notes = append(notes, strings.ReplaceAll(n.Lines(), h.Dir, "HOME"))
	}
	if diff := cmp.Diff([]string{
		"credential-idcs: context prod of HOME/one still names the user idcs-work\n\tkubectl config set-context prod --user=NAME\n",
		"credential-idcs: context bare of HOME/two still names the user idcs-work\n\tkubectl config set-context bare --user=NAME\n",
	}, notes); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
}

// The comment behind a context's user, and its quotes, are the person's.
func TestKubectlKeepsTheCommentBehindAContextsUser(t *testing.T) {
	h := tooltest.New(t)
	h.Write(".kube/config", kubeconfigs["by hand"])
	in := cluster()
	in.Contexts = []string{"prod"}
	p, err := (Tool{}).Plan(t.Context(), h.Env, in)
	tooltest.Must(t, p, err)
	if got := h.Read(".kube/config"); !strings.Contains(got, "      user: idcs-work # me\n") {
		t.Errorf("got\n%s", got)
	}
}

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

func TestKubectlRefusesAndHandsOutTheFragment(t *testing.T) {
	for name, c := range map[string]struct{ file, want string }{
		"flow":            {"{apiVersion: v1, users: []}\n", "line 1: a value in flow style that is too rich, or goes over several lines"},
		"JSON":            {"{\n  \"kind\": \"Config\"\n}\n", "line 1: a value in flow style that is too rich, or goes over several lines"},
		"flow users":      {"users: [{name: a}]\n", "line 1: a value in flow style that is too rich, or goes over several lines"},
		"flow entry":      {"users:\n- {name: a, user: {}}\n", "line 2: a value in flow style that is too rich, or goes over several lines"},
		"anchor":          {"users:\n- name: &a b\n", "line 2: there is an anchor, an alias or a tag"},
		"alias":           {"users:\n- name: b\n  user: *a\n", "line 3: there is an anchor, an alias or a tag"},
		"merge":           {"users:\n- name: b\n  <<: *a\n", "line 3: a value has a colon in it"},
		"tag":             {"users: !!seq\n- name: b\n", "line 1: there is an anchor, an alias or a tag"},
		"tab":             {"users:\n-\tname: b\n", "line 2: there is a tab"},
		"two documents":   {"kind: Config\n---\nkind: Config\n", "line 2: there are several documents, or something behind ---"},
		"quoted key":      {"\"users\":\n- name: b\n", "line 1: something stands behind a value"},
		"long value":      {"kind: Config\n  more\n", "line 2: it is indented more than what comes before"},
		"long quotes":     {"kind: \"Con\nusers:\nfig\"\n", "line 1: a quoted value goes over several lines"},
		"users twice":     {"users:\nkind: Config\nusers:\n", "line 3: a key is there twice"},
		"users no list":   {"users:\n  a: b\n", "its users are not written as a list of lines"},
		"NEL":             {"kind: Config # \u0085users:\n", "line 1: there is a line break that not everybody takes for one"},
		"not UTF-8":       {"kind: \xff\n", "line 1: the file is not UTF-8"},
		"no YAML":         {"users: @\n", "line 1: a value begins with a character that must be quoted"},
		"context in flow": {"contexts:\n- name: prod\n  context: {}\n", "its contexts are not written as a list of lines"},
	} {
		t.Run(name, func(t *testing.T) {
			h := tooltest.New(t)
			h.Write(".kube/config", c.file)
			in := cluster()
			in.Contexts = []string{"prod"}
			p, err := (Tool{}).Plan(t.Context(), h.Env, in)
			want := h.Path(".kube/config") + " can't be edited without changing more than our lines (" + c.want + "); paste the entry by hand\n"
			if got := tooltest.Refusal(t, err); got != want {
				t.Errorf("got %q\nwant %q", got, want)
			}
			if load(t, p.Print).AuthInfos["idcs-work"] == nil || !strings.Contains(p.Print, "# kubectl config set-context prod --user=idcs-work\n") {
				t.Errorf("fragment: %s", p.Print)
			}
			if len(p.Changes) != 0 {
				t.Errorf("changes: %s", p.Diff())
			}
		})
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

func TestKubectlWithAnUnknownContext(t *testing.T) {
	h := tooltest.New(t)
	h.Write(".kube/config", kubeconfigs["kubectl"])
	in := cluster()
	in.Contexts = []string{"prod", "produ"}
	_, err := (Tool{}).Plan(t.Context(), h.Env, in)
	if got, want := tooltest.Refusal(t, err), h.Path(".kube/config")+" has no context produ; there are: prod, other\n\tkubectl config get-contexts\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := h.Read(".kube/config"); got != kubeconfigs["kubectl"] {
		t.Errorf("the file changed:\n%s", got)
	}
}

func TestKubectlPrintsWhatOthersNeed(t *testing.T) {
	h := tooltest.New(t)
	in := cluster()
	p, err := (Tool{}).Plan(t.Context(), h.Env, in)
	if err != nil {
		t.Fatal(err)
	}
	allow, auth, ok := strings.Cut(p.Print, "---\n")
	if !ok {
		t.Fatalf("got %s", p.Print)
	}
	check := func(doc string, want map[string]any) {
		t.Helper()
		var got map[string]any
		if err := yaml.UnmarshalStrict([]byte(doc), &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	check(allow, map[string]any{
		"apiVersion": "kubectl.config.k8s.io/v1beta1", "kind": "Preference", "credentialPluginPolicy": "Allowlist",
		"credentialPluginAllowlist": []any{map[string]any{"command": h.Path("bin/credential-idcs")}},
	})
	wantAuth := func(issuer map[string]any) map[string]any {
		return map[string]any{"apiVersion": "apiserver.config.k8s.io/v1", "kind": "AuthenticationConfiguration", "jwt": []any{map[string]any{
			"issuer": issuer, "claimMappings": map[string]any{"username": map[string]any{"claim": "sub", "prefix": "idcs:"}},
		}}}
	}
	const discovery = "https://idcs-1.identity.oraclecloud.com/.well-known/openid-configuration"
	check(auth, wantAuth(map[string]any{"url": "https://identity.oraclecloud.com/", "discoveryURL": discovery, "audiences": []any{"abc"}}))

	in.Stored = tool.Stored{Issuer: "https://own.example.com:8443", Audiences: []string{"https://a.example.com:443", "0123"}}
	if p, err = (Tool{}).Plan(t.Context(), h.Env, in); err != nil {
		t.Fatal(err)
	}
	_, auth, _ = strings.Cut(p.Print, "---\n")
	check(auth, wantAuth(map[string]any{"url": in.Stored.Issuer, "discoveryURL": discovery,
		"audiences": []any{"https://a.example.com:443", "0123"}, "audienceMatchPolicy": "MatchAny"}))
}

// An ID token of IDCS is for its client and for the issuer. All clients' are for the issuer, so an API
// server must not take that one; and before a login the printed audience says that it is a guess.
func TestKubectlPrintsTheAudienceOfOneClient(t *testing.T) {
	for _, c := range []struct {
		stored    tool.Stored
		audiences string
		guess     bool
	}{
		{tool.Stored{}, "[abc]", true},
		{tool.Stored{Issuer: oracleIssuer, Audiences: []string{"https://k8s.example.com"}}, "['https://k8s.example.com']", false},
		{tool.Stored{ID: true}, "[abc]", false},
		{tool.Stored{ID: true, Issuer: oracleIssuer, Audiences: []string{"abc", oracleIssuer}}, "[abc]", false},
		{tool.Stored{ID: true, Issuer: oracleIssuer, Audiences: []string{oracleIssuer}}, "[abc]", false},
	} {
		in := cluster()
		in.Stored = c.stored
		doc := authentication(in)
		if strings.Count(doc, oracleIssuer) != 1 || !strings.Contains(doc, "    audiences: "+c.audiences) ||
			strings.Contains(doc, "MatchAny") || strings.Contains(doc, "not known before a login") != c.guess {
			t.Errorf("%+v:\n%s", c.stored, doc)
		}
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

func FuzzKubeconfig(f *testing.F) {
	for _, c := range kubeconfigs {
		f.Add(c)
		f.Add(strings.ReplaceAll(c, "\n", "\r\n"))
	}
	f.Add("users:\n- name: b\n  user:\n    exec:\n      args: [a, 'b', \"c\"]\n      env: []\n")
	f.Add("users: [] \nkind: >+\n  x\n\n\n")
	u := execUser{"idcs-work", "/bin/credential-idcs", "work"}
	f.Fuzz(func(t *testing.T, before string) {
		had, err := clientcmd.Load([]byte(before))
		if err != nil {
			t.Skip() // kubectl doesn't read it either
		}
		var hadAll map[string]any
		if err := yaml.Unmarshal([]byte(before), &hadAll); err != nil {
			t.Skip()
		}
		for name := range had.Contexts {
			out, ok, err := setContext([]byte(before), name, "u'1")
			if err != nil {
				continue
			}
			want := had.DeepCopy()
			want.Contexts[name].AuthInfo = "u'1"
			got, err := clientcmd.Load(out)
			if diff := cmp.Diff(want, got); !ok || err != nil || diff != "" {
				t.Fatalf("context %q: %v %v\n%s\n%q", name, ok, err, diff, out)
			}
		}
		after, err := setUser([]byte(before), u, false)
		if err != nil || string(after) == before {
			return
		}
		if strings.Contains(before, was) || strings.Contains(before, addedUsers) {
			return // what we leave behind when a person deletes our entry: undone, it goes too
		}
		is, err := clientcmd.Load(after)
		if err != nil {
			t.Fatalf("client-go doesn't read the result: %v\n%q", err, after)
		}
		if got := is.AuthInfos[u.name]; got == nil || got.Exec == nil || got.Exec.Command != u.command {
			t.Fatalf("the user is missing\n%q", after)
		}
		if had.AuthInfos[u.name] == nil {
			delete(is.AuthInfos, u.name)
		}
		if diff := cmp.Diff(had, is); diff != "" {
			t.Fatalf("something else changed:\n%s\n%q", diff, after)
		}
		all := valuesWithoutUsers(t, string(after))
		delete(hadAll, "users")
		if len(hadAll)+len(all) > 0 && !cmp.Equal(hadAll, all) {
			t.Fatalf("something else changed:\n%s\n%q", cmp.Diff(hadAll, all), after)
		}
		undone, err := dropUser(after, u.name)
		if err != nil || string(undone) != before {
			t.Fatalf("undone: %v\ngot  %q\nwant %q\nafter %q", err, undone, before, after)
		}
	})
}
