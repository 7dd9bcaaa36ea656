package kubectl

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/edit"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tool"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tooltest"
	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/text"
	"github.com/google/go-cmp/cmp"
	yamlv3 "go.yaml.in/yaml/v3"
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

	"flow":           "{apiVersion: v1, users: []}\n",
	"flow, no users": "{apiVersion: v1, kind: Config}",
	"flow, nobody":   "{}\n",
	"flow, null":     "{users: null, kind: Config}\n",
	"JSON":           "{\n  \"kind\": \"Config\",\n  \"users\": [\n    {\"name\": \"a\", \"user\": {\"token\": \"it's, [x\"}}\n  ]\n}\n",
	"flow users":     "users: [{name: a}, {name: it's}]\n",
	"flow entries":   "users:\n- {name: a, user: {token: x}}\n- {name: b, user: {}} # b\n",
	"flow context":   "contexts:\n- {name: prod, context: {cluster: c1, user: old}}\nusers:\n- name: old\n  user: {}\n",
	"anchors":        "x: &a {token: x}\nusers:\n- name: &n b\n  user: *a\n- name: c\n  user:\n    <<: *a\n",
	"merged":         "users:\n- name: old\n  user: {}\ncontexts:\n- name: base\n  context: &b\n    cluster: c1\n    user: old\n- name: prod\n  context:\n    <<: *b\n    namespace: team\n",
	"merged, last":   "users: []\ncontexts:\n- name: base\n  context: &b {cluster: c1, user: old}\n- name: dev\n  context: {<<: *b}\n- name: prod\n  context:\n    <<: *b",
	"odd spellings":  "users: []\ncontexts:\n- {name: a, context: {user: ~}}\n- {name: b, context: {user: Null, cluster: c}}\n- name: c\n  context:\n    user: \"\\x61dmin\" # mine\n- name: d\n  context: {user: '', cluster: c}\n",
	"JSON, escaped":  "{\"users\": [], \"contexts\": [{\"name\": \"a\", \"context\": {\"user\": \"j\\u00f6rg\"}}]}\n",
	"quoted keys":    "\"users\":\n- \"name\": b\n  'user': {}\n",
	"BOM":            "\xef\xbb\xbfkind: Config\nusers:\n- name: b\n",
	"long values":    "kind: \"Con\\\n  fig\"\nusers:\n- name: b\n  user:\n    token: a\n     b\n  # more\npreferences: {colors: true\n  }\n",
	"tabs":           "kind: Config\t# x\nusers:\t# y\n- name: b\n",
	"end marker":     "kind: Config\nusers:\n- name: b\n...\n",
	"Rancher":        "apiVersion: v1\nkind: Config\nclusters:\n- name: \"local\"\n  cluster:\n    server: \"https://rancher.example.com/k8s/clusters/local\"\n    certificate-authority-data: \"QUJD\\\n      REVG\"\n\nusers:\n- name: \"local\"\n  user:\n    token: \"kubeconfig-user:x\"\n\n\ncontexts:\n- name: \"local\"\n  context:\n    user: \"local\"\n    cluster: \"local\"\n\ncurrent-context: \"local\"\n",
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
	if one.AuthInfos["idcs-work"] == nil || two.AuthInfos["idcs-work"] == nil {
		t.Error("a file with our context doesn't work alone")
	}
	if got := h.Read("two"); !strings.Contains(got, "- name: bare\n    context:\n      user: idcs-work\n") {
		t.Errorf("got\n%s", got)
	}

	p, err = (Tool{}).Undo(t.Context(), h.Env, in)
	tooltest.Must(t, p, err)
	for file, want := range map[string]string{"one": kubeconfigs["kubectl"], "two": kubeconfigs["by hand"]} {
		if diff := cmp.Diff(want, h.Read(file)); diff != "" || len(p.Notes) > 0 {
			t.Errorf("%s undone (-want +got), %+v:\n%s", file, p.Notes, diff)
		}
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
	need.Unix(t, "it has the paths, modes and commands of Unix")
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
			strings.Contains(doc, "MatchAny") || strings.Contains(doc, "placeholder: run this again") != c.guess {
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
	f.Add("contexts: [{name: a, context: {}}, {name: b, context: {user: x, cluster: c}}, {name: c, context: {cluster: c, user: ''}}]\n")
	f.Add("contexts:\n- context:\n    user: 'x'\n    cluster: c\n  name: a\n- context:\n    user:\n    cluster: c\n  name: b\n- name: c\n  context: &x\n    user: \"y\"\n")
	f.Add("users:\n- name: b\n  user:\n    exec:\n      args: [a, 'b', \"c\"]\n      env: []\n")
	f.Add("users: [] \nkind: >+\n  x\n\n\n")
	u := execUser{name: "idcs-work", command: "/bin/credential-idcs", profile: "work"}
	f.Fuzz(func(t *testing.T, before string) {
		had, err := clientcmd.Load([]byte(before))
		if err != nil {
			t.Skip() // kubectl doesn't read it either
		}
		var hadAll map[string]any
		if err := yaml.Unmarshal([]byte(before), &hadAll); err != nil {
			t.Skip()
		}
		var tree yamlv3.Node
		if yamlv3.Unmarshal([]byte(before), &tree) == nil && oddKeys(&tree) {
			t.Skip()
		}
		var once map[string]any
		doubled := yamlv3.Unmarshal([]byte(before), &once) != nil
		for name := range had.Contexts {
			out, _, ok, err := setContext([]byte(before), name, "u'1", false)
			// client-go takes an entry without a name, and the last of a key that is there twice; we refuse both.
			if err != nil || (name == "" || doubled) && !ok {
				continue
			}
			want := had.DeepCopy()
			want.Contexts[name].AuthInfo = "u'1"
			got, err := clientcmd.Load(out)
			if diff := cmp.Diff(want, got); !ok || err != nil || diff != "" {
				t.Fatalf("context %q: %v %v\n%s\n%q", name, ok, err, diff, out)
			}
			k := kube{files: []string{"f"}, before: [][]byte{[]byte(before)}, all: merge([]string{"f"}, [][]byte{[]byte(before)})}
			entry, err := setUser([]byte(before), u, false)
			if err != nil || had.AuthInfos[u.name] != nil || strings.Contains(before, was) || strings.Contains(before, addedUsers) || had.Contexts[name].AuthInfo == u.name {
				continue
			}
			k.after = [][]byte{entry}
			if err := k.point(name, u.name); err != nil {
				continue
			}
			pointed := k.after[0]
			if err := k.undo(new(tool.Plan), u.name); err != nil || string(k.after[0]) != before {
				t.Fatalf("context %q undone: %v\ngot  %q\nwant %q\nfrom %q", name, err, k.after[0], before, pointed)
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

// oddKeys reports whether a mapping has keys that are no text. Of 0 and 0. client-go makes one key of
// JSON, and which of their values it takes is luck.
func oddKeys(n *yamlv3.Node) bool {
	for i, c := range n.Content {
		if n.Kind == yamlv3.MappingNode && i%2 == 0 && c.Kind == yamlv3.ScalarNode && c.ShortTag() != "!!str" && c.ShortTag() != "!!merge" {
			return true
		}
		if oddKeys(c) {
			return true
		}
	}
	return false
}

// K17: What a context had is kept in our entry and comes back, to the byte, in whatever style it is written.
func TestContextsComeBack(t *testing.T) {
	for name, unix := range kubeconfigs {
		for ending, before := range map[string]string{"LF": unix, "CRLF": strings.ReplaceAll(unix, "\n", "\r\n")} {
			in := cluster()
			for context := range load(t, before).Contexts {
				in.Contexts = append(in.Contexts, context)
			}
			if len(in.Contexts) == 0 {
				continue
			}
			h := tooltest.New(t)
			h.Write(".kube/config", before)
			p, err := (Tool{}).Plan(t.Context(), h.Env, in)
			tooltest.Must(t, p, err)
			once := h.Read(".kube/config")
			for context, c := range load(t, once).Contexts {
				if c.AuthInfo != "idcs-work" {
					t.Errorf("%s %s: context %s has user %s", name, ending, context, c.AuthInfo)
				}
			}
			if p, err = (Tool{}).Plan(t.Context(), h.Env, in); err != nil || len(p.Changes) != 0 {
				t.Errorf("%s %s: second time: %v\n%s", name, ending, err, p.Diff())
			}
			p, err = (Tool{}).Undo(t.Context(), h.Env, in)
			tooltest.Must(t, p, err)
			if diff := cmp.Diff(before, h.Read(".kube/config")); diff != "" || len(p.Notes) > 0 {
				t.Errorf("%s %s: undone (-before +after), %+v:\n%s\nfrom\n%s", name, ending, p.Notes, diff, once)
			}
		}
	}
}

// The real kubectl keeps what our entry remembers, whenever it writes the file.
func TestContextsComeBackAfterKubectlRewroteTheFile(t *testing.T) {
	tooltest.NeedTool(t, "kubectl")
	h := tooltest.New(t)
	h.Write(".kube/config", kubeconfigs["kubectl"])
	in := cluster()
	in.Contexts = []string{"prod"}
	p, err := (Tool{}).Plan(t.Context(), h.Env, in)
	tooltest.Must(t, p, err)
	run := func(args ...string) string {
		cmd := exec.Command("kubectl", args...)
		cmd.Env = h.Env.Vars
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("kubectl %s: %v: %s", args, err, out)
		}
		return string(out)
	}
	run("config", "set-context", "prod", "--namespace=other")
	if got := run("config", "view", "-o", "jsonpath={.contexts[?(@.name==\"prod\")].context.user}"); got != "idcs-work" {
		t.Errorf("kubectl reads the user %s", got)
	}
	in.Contexts = []string{"other"}
	p, err = (Tool{}).Plan(t.Context(), h.Env, in)
	tooltest.Must(t, p, err)
	run("config", "view")
	in.Contexts = nil
	p, err = (Tool{}).Undo(t.Context(), h.Env, in)
	tooltest.Must(t, p, err)
	c := load(t, h.Read(".kube/config"))
	if c.Contexts["prod"].AuthInfo != "admin" || c.Contexts["other"].AuthInfo != "admin" || c.AuthInfos["idcs-work"] != nil || len(p.Notes) > 0 {
		t.Errorf("%+v\n%s", p.Notes, h.Read(".kube/config"))
	}
}

// Without --context the current one is set up, if its server is a target; else kubectl goes on as
// before, and that is said with the command that changes it.
func TestCurrentContextIsSetUp(t *testing.T) {
	for _, c := range []struct {
		name, target string
		all          bool
		want, note   string // users of prod and other
	}{
		{"at a target", "https://k8s.example.com:6443", false, "idcs-work admin", ""},
		{"all at targets", "https://k8s.example.com:6443", true, "idcs-work idcs-work", ""},
		{"at no target", "https://x.example.com", false, "admin admin", "no context has a server that is a target of profile work, so kubectl goes on as before\n\tkubectl config set-context NAME --cluster=CLUSTER --user=idcs-work\n"},
	} {
		h := tooltest.New(t)
		h.Write(".kube/config", kubeconfigs["kubectl"])
		in := cluster()
		in.Targets, in.AllContexts = tooltest.Targets(t, c.target), c.all
		p, err := (Tool{}).Plan(t.Context(), h.Env, in)
		tooltest.Must(t, p, err)
		got := load(t, h.Read(".kube/config"))
		if users := got.Contexts["prod"].AuthInfo + " " + got.Contexts["other"].AuthInfo; users != c.want {
			t.Errorf("%s: %s", c.name, users)
		}
		notes := ""
		for _, n := range p.Notes {
			notes += strings.TrimPrefix(n.Lines(), "credential-idcs: ")
		}
		if notes != c.note {
			t.Errorf("%s: %q", c.name, notes)
		}
	}
	h := tooltest.New(t)
	h.Write(".kube/config", strings.Replace(kubeconfigs["kubectl"], "current-context: prod\n", "", 1))
	in := cluster()
	in.Targets = tooltest.Targets(t, "https://k8s.example.com:6443")
	p, err := (Tool{}).Plan(t.Context(), h.Env, in)
	if err != nil || len(p.Notes) != 1 || p.Notes[0].Command != "credential-idcs configure kubectl --context prod --profile work" {
		t.Errorf("%v, %+v", err, p.Notes)
	}
	in.Targets, in.AllContexts = tooltest.Targets(t, "https://x.example.com"), true
	if _, err = (Tool{}).Plan(t.Context(), h.Env, in); tooltest.Failure(t, err).Class != helpers.NotConfigured {
		t.Errorf("got %v", err)
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

func TestPortableAndLargeCA(t *testing.T) {
	h := tooltest.New(t)
	large := strings.Repeat("QUJD", 33_000)
	h.Write(".kube/config", strings.Replace(kubeconfigs["kubectl"], "certificate-authority-data: QUJD", "certificate-authority-data: "+large, 1))
	in := cluster()
	in.Targets, in.Portable = tooltest.Targets(t, "https://k8s.example.com:6443"), true
	p, err := (Tool{}).Plan(t.Context(), h.Env, in)
	tooltest.Must(t, p, err)
	e := load(t, h.Read(".kube/config")).AuthInfos["idcs-work"].Exec
	if e.Command != "credential-idcs" || e.ProvideClusterInfo || len(p.Notes) != 1 || !strings.Contains(p.Notes[0].Message, "the CA of context prod is too large") {
		t.Errorf("%+v, %+v", e, p.Notes)
	}
	h.Write(".kube/config", strings.Replace(h.Read(".kube/config"), large, "QUJD", 1))
	p, err = (Tool{}).Plan(t.Context(), h.Env, in)
	tooltest.Must(t, p, err)
	if e := load(t, h.Read(".kube/config")).AuthInfos["idcs-work"].Exec; !e.ProvideClusterInfo || len(p.Notes) != 0 {
		t.Errorf("%+v, %+v", e, p.Notes)
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

func caPEM(t *testing.T) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ca := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, ca, ca, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}
