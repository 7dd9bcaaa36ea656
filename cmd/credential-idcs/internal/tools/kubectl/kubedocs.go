package kubectl

import (
	"cmp"
	"strings"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tool"
	"go.yaml.in/yaml/v3"
)

// kuberc is the allowlist of exec programs. kubectl compares the text of a command, or its path in PATH, and resolves no
// link: it must be the path in the kubeconfig. The key was name in 1.35, which refuses to run with command; since 1.36 it
// is command, and name is deprecated.
// https://kubernetes.io/docs/reference/kubectl/kuberc/
func kuberc(command string) string {
	return `# only if you allow kubectl certain plugins alone: ~/.kube/kuberc, kubectl 1.35 and later
apiVersion: kubectl.config.k8s.io/v1beta1
kind: Preference
credentialPluginPolicy: Allowlist    # must list every other exec program in use too
credentialPluginAllowlist:
- command: ` + encodeScalar(command) + `    # kubectl 1.36 and later; 1.35 knows the key name only
`
}

// A pluginPolicy is kuberc's policy for exec programs.
type pluginPolicy struct {
	Policy    string `yaml:"credentialPluginPolicy"` // AllowAll, DenyAll or Allowlist; empty: AllowAll
	Allowlist []struct {
		Command string `yaml:"command"`
		Name    string `yaml:"name"`
	} `yaml:"credentialPluginAllowlist"`
}

// allowed are the commands or paths of an Allowlist.
func (p pluginPolicy) allowed() (list []string) {
	for _, entry := range p.Allowlist {
		for _, s := range []string{entry.Command, entry.Name} {
			if s != "" {
				list = append(list, s)
			}
		}
	}
	return list
}

// readKuberc reads the policy of a kuberc file. A file with an error may still be right for kubectl.
func readKuberc(b []byte) (p pluginPolicy, err error) {
	err = yaml.Unmarshal(b, &p)
	return p, err
}

// oracleIssuer is the issuer of all domains that don't have one of their own.
const oracleIssuer = "https://identity.oraclecloud.com/"

// authentication is the configuration with which an API server accepts the domain's tokens. Tokens have the issuer of all
// domains, at which there is no discovery document: hence discoveryURL.
// https://kubernetes.io/docs/reference/access-authn-authz/authentication/#using-authentication-configuration
func authentication(in tool.Request) string {
	issuer := cmp.Or(in.Stored.Issuer, oracleIssuer)
	audiences, hint := audiencesOf(in, issuer)
	var quoted []string
	for _, a := range audiences {
		quoted = append(quoted, encodeScalar(a))
	}
	match := ""
	if len(audiences) > 1 {
		match = "    audienceMatchPolicy: MatchAny\n"
	}
	return `# for whoever runs the cluster: --authentication-config of the API server; v1beta1 on Kubernetes 1.30 to 1.33
apiVersion: apiserver.config.k8s.io/v1
kind: AuthenticationConfiguration
jwt:
- issuer:
    url: ` + encodeURL(issuer) + `    # exactly as in the token: the last slash counts
    discoveryURL: ` + encodeURL(strings.TrimSuffix(in.Domain, "/")+"/.well-known/openid-configuration") + `
    audiences: [` + strings.Join(quoted, ", ") + `]` + hint + `
` + match + `  claimMappings:
    username: {claim: sub, prefix: "idcs:"}
`
}

// audiencesOf are the audiences that the API server accepts, with a comment if they are a guess.
//
// An ID token's audiences are its client and, with IDCS, the issuer, which is the same for all clients: an API server that
// accepted that would let in every user who logs in to any application of the domain.
func audiencesOf(c tool.Request, issuer string) (list []string, hint string) {
	for _, a := range c.Stored.Audiences {
		if a != issuer {
			list = append(list, a)
		}
	}
	switch {
	case len(list) > 0:
		return list, ""
	case c.Stored.ID:
		return []string{c.ClientID}, ""
	}
	return []string{c.ClientID}, "    # placeholder: run this again after `credential-idcs login`, it then prints your token's audience"
}

// encodeURL is encodeScalar without quotes for a URL, whose colons need none.
func encodeURL(s string) string {
	scheme, rest, ok := strings.Cut(s, "://")
	if host, port, _ := strings.Cut(rest, ":"); ok && encodeScalar(scheme) == scheme && encodeScalar("a"+host) == "a"+host && encodeScalar("a"+port) == "a"+port {
		return s
	}
	return encodeScalar(s)
}
