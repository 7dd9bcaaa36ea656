package kubectl

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tooltest"
	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/google/go-cmp/cmp"
)

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

// The way back of one context leaves the others alone, and the entry with them; the last one takes it along.
func TestOneContextComesBack(t *testing.T) {
	for name, unix := range kubeconfigs {
		in := cluster()
		for context := range load(t, unix).Contexts {
			in.Contexts = append(in.Contexts, context)
		}
		if len(in.Contexts) < 2 {
			continue
		}
		slices.Sort(in.Contexts)
		h := tooltest.New(t)
		h.Write(".kube/config", unix)
		before := load(t, unix)
		p, err := (Tool{}).Plan(t.Context(), h.Env, in)
		tooltest.Must(t, p, err)
		for i, context := range in.Contexts {
			one := in
			one.Contexts = []string{context}
			p, err = (Tool{}).Undo(t.Context(), h.Env, one)
			tooltest.Must(t, p, err)
			now := h.Read(".kube/config")
			if i == len(in.Contexts)-1 {
				if diff := cmp.Diff(unix, now); diff != "" {
					t.Errorf("%s: undone one by one (-before +after):\n%s", name, diff)
				}
				break
			}
			for j, other := range in.Contexts {
				want := "idcs-work"
				if j <= i {
					want = before.Contexts[other].AuthInfo
				}
				if got := load(t, now).Contexts[other].AuthInfo; got != want {
					t.Errorf("%s, %s undone: context %s has user %q, want %q", name, context, other, got, want)
				}
			}
		}
	}
	h := tooltest.New(t)
	h.Write(".kube/config", kubeconfigs["kubectl"])
	in := cluster()
	in.Contexts = []string{"produ"}
	_, err := (Tool{}).Undo(t.Context(), h.Env, in)
	if got, want := tooltest.Refusal(t, err), h.Path(".kube/config")+" has no context produ; there are: prod, other\n\tkubectl config get-contexts\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// What comes back is the user that a context had last, not the one before an earlier configure.
func TestTheLastUserOfAContextComesBack(t *testing.T) {
	for name, unix := range kubeconfigs {
		context := ""
		for c, x := range load(t, unix).Contexts {
			if x.AuthInfo != "" && (context == "" || c < context) {
				context = c
			}
		}
		if context == "" || strings.Contains(unix, "<<:") { // which others take over
			continue
		}
		h := tooltest.New(t)
		h.Write(".kube/config", unix)
		in := cluster()
		in.Contexts = []string{context}
		p, err := (Tool{}).Plan(t.Context(), h.Env, in)
		tooltest.Must(t, p, err)
		other, _, _, err := setContext([]byte(h.Read(".kube/config")), context, "somebody", true)
		if err != nil {
			t.Fatal(err)
		}
		h.Write(".kube/config", string(other))
		p, err = (Tool{}).Plan(t.Context(), h.Env, in)
		tooltest.Must(t, p, err)
		if got := load(t, h.Read(".kube/config")).Contexts[context].AuthInfo; got != "idcs-work" {
			t.Errorf("%s: the context has user %q", name, got)
		}
		p, err = (Tool{}).Undo(t.Context(), h.Env, in)
		tooltest.Must(t, p, err)
		if got := load(t, h.Read(".kube/config")).Contexts[context].AuthInfo; got != "somebody" {
			t.Errorf("%s: the context has user %q, want somebody, in\n%s", name, got, h.Read(".kube/config"))
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

// A context that was typed is set up although its server is no target, and the command that makes it one is named.
func TestAContextAtNoTargetIsNamed(t *testing.T) {
	for target, notes := range map[string]int{"https://x.example.com": 1, "https://k8s.example.com:6443": 0} {
		h := tooltest.New(t)
		h.Write(".kube/config", kubeconfigs["kubectl"])
		in := cluster()
		in.Targets, in.Contexts = tooltest.Targets(t, target), []string{"prod"}
		p, err := (Tool{}).Plan(t.Context(), h.Env, in)
		tooltest.Must(t, p, err)
		if len(p.Notes) != notes {
			t.Errorf("%s: %+v", target, p.Notes)
			continue
		}
		const want = "credential-idcs: the server of context prod, https://k8s.example.com:6443, is no target of profile work yet, so it gets no token\n" +
			"\tcredential-idcs target add https://k8s.example.com:6443 --profile work\n"
		if notes > 0 && p.Notes[0].Lines() != want {
			t.Errorf("got %q", p.Notes[0].Lines())
		}
		if user := load(t, h.Read(".kube/config")).Contexts["prod"].AuthInfo; user != "idcs-work" {
			t.Errorf("%s: the user is %s", target, user)
		}
	}
}
