//go:build linux

package cluster_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
	"github.com/credential-idcs/credential-idcs/e2e/rig/servers"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// An entry as a person may have it. EXEC is where a test puts what is wrong.
const entryOfAPerson = `apiVersion: v1
kind: Config
clusters:
- name: prod
  cluster:
    certificate-authority: CA
    server: API
contexts:
- name: prod
  context: {cluster: prod, user: mine}
current-context: prod
users:
- name: mine
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1
      command: credential-idcs
      args: [kubectl, --profile, work]
      interactiveMode: Never
      provideClusterInfo: true
`

// doctor says ok where the real kubectl gets in, and nowhere else; and where it says what mends an entry of
// ours, that mends it.
func TestDoctorIsRightAboutEntriesOfOurs(t *testing.T) {
	need.Tool(t, "kubectl-1.37")
	domain := idcstest.Start(t, idcstest.Options{})
	cert, err := domain.CA.Issue("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	api, err := servers.API(cert, domain.Access)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = api.Close() })
	m := machine.New(t, program, domain, machine.Person, api.URL)
	m.Login()
	getsIn := func() bool {
		_, err := m.Try("kubectl-1.37", "get", "--raw", servers.WhoAmI)
		return err == nil
	}

	const args, mode, end = "args: [kubectl, --profile, work]", "interactiveMode: Never", "      provideClusterInfo: true\n"
	for _, c := range []struct {
		name, old, with string
		byHand          bool // what mends it opens an editor, or needs a file
	}{
		{name: "as configure writes it"},
		{"profile behind the kind", args, "args: [kubectl, --token, access, --profile, work]", false},
		{"joined, the short name", args, "args: [-p=work, kubectl, --api-version=v1, --debug]", false},
		{"another argument", args, "args: [kubectl, --profile, work, --foo]", false},
		{"the word twice", args, "args: [kubectl, kubectl]", false},
		{"another command", args, "args: [token, kubectl]", false},
		{"no such kind", args, "args: [kubectl, --profile, work, --token, refresh]", false},
		{"an ID token without openid", args, "args: [kubectl, --token, id, --profile, work]", true},
		{"a configuration that isn't there", args, "args: [kubectl, --profile, work, --config, /nowhere/config.toml]", true},
		{"a configuration by ~", args, "args: [kubectl, --config=~/config.toml]", true},
		{"always interactive", mode, "interactiveMode: Always", false},
		{"interactive if it can", mode, "interactiveMode: IfAvailable", false},
		{"no such mode", mode, "interactiveMode: never", false},
		{"a variable", end, end + "      env: [{name: FOO, value: bar}]\n", false},
		{"a variable without a name", end, end + "      env: [{name: \"\", value: bar}]\n", true},
		{"another home", end, end + "      env: [{name: HOME, value: /nowhere}]\n", true},
		{"another configuration", end, end + "      env: [{name: CREDENTIAL_IDCS_CONFIG, value: /nowhere}]\n", true},
		{"another cache folder", end, end + "      env: [{name: CREDENTIAL_IDCS_CACHE_DIR, value: /nowhere}]\n", true},
		{"a path from the file's folder", "command: credential-idcs", "command: ./credential-idcs", false},
		{"a path by ~", "command: credential-idcs", "command: ~/credential-idcs", false},
		{"a file that can't be run", "command: credential-idcs", "command: HOME/plain/credential-idcs", false},
		{"a password alone", "    exec:", "    password: x\n    exec:", false},
		{"a user name", "    exec:", "    username: x\n    exec:", false},
		{"a token", "    exec:", "    token: x\n    exec:", false},
		{"impersonation", "    exec:", "    as: bob\n    as-groups: [team]\n    exec:", false},
		{"groups of nobody", "    exec:", "    as-groups: [team]\n    exec:", true},
		{"a number of nobody", "    exec:", "    as-uid: \"1\"\n    exec:", true},
		{"a CA that isn't there", "authority: CA", "authority: /nowhere.pem", true},
		{"two CAs", "authority: CA", "authority: CA\n    certificate-authority-data: YQ==", true},
		{"a CA and no TLS", "authority: CA", "authority: CA\n    insecure-skip-tls-verify: true", false},
		{"the cluster's own profile", args, "args: [kubectl]", false},
		{"the cluster names no profile of ours", "authority: CA", "authority: CA\n" +
			"    extensions: [{name: client.authentication.k8s.io/exec, extension: {token: refresh}}]", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			m.T = t
			m.Put("plain/credential-idcs", "#!/bin/sh\n")
			text := entryOfAPerson
			if c.old != "" {
				text = strings.Replace(text, c.old, c.with, 1)
			}
			m.Put(".kube/config", strings.NewReplacer("CA\n", domain.CAFile+"\n", "API", api.URL, "HOME/", m.Home+"/").Replace(text))
			look := func() (ok bool, commands []string, said string) {
				said, _ = m.Try("credential-idcs", "doctor", "--offline") // it may find something
				lines := strings.Split(said, "\n")
				for i, l := range lines {
					ok = ok || strings.HasPrefix(l, "ok       kubectl's context prod uses credential-idcs for "+api.URL)
					if i > 0 && strings.HasPrefix(lines[i-1], "error    kubectl") {
						commands = append(commands, strings.TrimPrefix(l, "\t"))
					}
				}
				return ok, commands, said
			}
			works := getsIn()
			ok, commands, said := look()
			if ok != works || works != (len(commands) == 0) {
				t.Fatalf("kubectl gets in: %v, and doctor:\n%s", works, said)
			}
			if works || c.byHand {
				return
			}
			for _, command := range commands {
				m.Types(command)
			}
			if ok, _, said := look(); !ok || !getsIn() {
				b, _ := os.ReadFile(filepath.Join(m.Home, ".kube", "config"))
				t.Errorf("after %q:\n%s\n%s", commands, said, b)
			}
		})
	}
}
