package kubectl

import (
	"testing"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tool"
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
