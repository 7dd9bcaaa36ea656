package kubectl

import (
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tool"
	"github.com/google/go-cmp/cmp"
	yamlv3 "go.yaml.in/yaml/v3"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/yaml"
)

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
			if err := k.undo(new(tool.Plan), u.name, nil); err != nil || string(k.after[0]) != before {
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
