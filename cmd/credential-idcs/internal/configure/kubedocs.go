package configure

import "strings"

// kuberc is the allowlist of exec programs. kubectl compares the text of a command, or what PATH
// finds for it, and resolves no link: it must be the path that the kubeconfig has.
// https://kubernetes.io/docs/reference/kubectl/kuberc/
func kuberc(command string) string {
	return `# ~/.kube/kuberc, kubectl 1.35 and later
apiVersion: kubectl.config.k8s.io/v1beta1
kind: Preference
credentialPluginPolicy: Allowlist    # must list every other exec program in use too
credentialPluginAllowlist:
- command: ` + encodeScalar(command) + `    # kubectl 1.35 calls the key name
`
}

// authentication is what makes an API server take the domain's tokens. IDCS puts the issuer of all
// domains into its tokens, at which there is no discovery document: hence discoveryURL.
// https://kubernetes.io/docs/reference/access-authn-authz/authentication/#using-authentication-configuration
func authentication(in Cluster) string {
	issuer := in.Issuer
	if issuer == "" {
		issuer = "https://identity.oraclecloud.com/"
	}
	audiences := in.Audiences
	if len(audiences) == 0 {
		audiences = []string{in.ClientID}
	}
	quoted := make([]string, len(audiences))
	for i, a := range audiences {
		quoted[i] = encodeScalar(a)
	}
	match := ""
	if len(audiences) > 1 {
		match = "    audienceMatchPolicy: MatchAny\n"
	}
	return `# --authentication-config of the API server; v1beta1 on Kubernetes 1.30 to 1.33
apiVersion: apiserver.config.k8s.io/v1
kind: AuthenticationConfiguration
jwt:
- issuer:
    url: ` + encodeURL(issuer) + `    # exactly as in the token: the last slash counts
    discoveryURL: ` + encodeURL(strings.TrimSuffix(in.Domain, "/")+"/.well-known/openid-configuration") + `
    audiences: [` + strings.Join(quoted, ", ") + `]
` + match + `  claimMappings:
    username: {claim: sub, prefix: "idcs:"}
`
}

// encodeURL leaves a URL plain where encodeScalar is careful with the colon.
func encodeURL(s string) string {
	scheme, rest, ok := strings.Cut(s, "://")
	if host, port, _ := strings.Cut(rest, ":"); ok && encodeScalar(scheme) == scheme && encodeScalar("a"+host) == "a"+host && encodeScalar("a"+port) == "a"+port {
		return s
	}
	return encodeScalar(s)
}
