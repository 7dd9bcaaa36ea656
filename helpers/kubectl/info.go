package kubectl

import (
	"encoding/json"
	"strings"

	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

const (
	kind    = "ExecCredential"
	v1      = "client.authentication.k8s.io/v1"
	v1beta1 = "client.authentication.k8s.io/v1beta1"
)

// info is the content of KUBERNETES_EXEC_INFO.
type info struct {
	given      bool   // the variable is set: a client runs us, not a person's shell
	version    string // v1 or v1beta1, for the answer
	hasCluster bool
	server     string       // the API server's address, as in the kubeconfig
	profile    string       // from the cluster's extension; empty: it has none
	kind       helpers.Kind // from the same; Cluster: it has none
}

// readInfo reads the variable. Its errors are Failures: of class Config for a setting of the kubeconfig that isn't
// supported, else Malformed.
func readInfo(s string) (info, error) {
	in := info{version: v1, kind: helpers.Cluster}
	if s == "" {
		return in, nil
	}
	in.given = true
	if len(s) > helpers.InputLimit {
		return info{}, malformed("is longer than 1 MiB")
	}
	root, ok := helpers.ParseObject([]byte(s))
	spec, okSpec := object(root["spec"])
	cluster, okCluster := object(spec["cluster"])
	if !ok || !okSpec || !okCluster {
		return info{}, malformed("is not the JSON of an " + kind) // the JSON package's error may quote it
	}
	for _, o := range []helpers.Object{root, spec, cluster} {
		if key := miswritten(o); key != "" {
			return info{}, malformed(`has "` + key + `" in another spelling`)
		}
	}
	// kube-rs up to 0.86 sends null.
	if root.String("kind") != kind && string(root["kind"]) != "null" {
		return info{}, malformed("is not of kind " + kind)
	}
	switch version := root.String("apiVersion"); version {
	case v1, v1beta1:
		in.version = version
	default:
		return info{}, wrong(infoVariable + " has apiVersion " + text.Clean(version) + ", only " + v1 + " and " + v1beta1 + " are known")
	}
	if cluster != nil {
		if server := cluster["server"]; len(server) > 0 && server[0] != '"' {
			return info{}, malformed("is not the JSON of an " + kind)
		}
		in.hasCluster, in.server = true, cluster.String("server")
		if err := in.readConfig(cluster["config"]); err != nil {
			return info{}, err
		}
	}
	return in, nil
}

// readConfig reads the cluster's extension client.authentication.k8s.io/exec. Without one client-go sends null, which is
// read as an object without keys.
func (in *info) readConfig(raw json.RawMessage) error {
	if len(raw) == 0 {
		return nil
	}
	const where = "the cluster's extension client.authentication.k8s.io/exec"
	var keys map[string]json.RawMessage
	if json.Unmarshal(raw, &keys) != nil {
		return wrong(where + " is not an object")
	}
	if v, ok := keys["profile"]; ok {
		if in.profile = word(v); in.profile == "" {
			return wrong(where + ": profile is not the name of one")
		}
	}
	if v, ok := keys["token"]; ok {
		switch word(v) {
		case "access":
			in.kind = helpers.Access
		case "id":
			in.kind = helpers.ID
		default:
			return wrong(where + `: token is not "access" or "id"`)
		}
	}
	return nil
}

// miswritten is a key of ours that an object has in another case, empty if there is none. A client may pass on the
// kubeconfig's cluster as it is, perhaps with a "Server" beside its "server" (config/exec_provider.py of
// https://github.com/kubernetes-client/python), and JSON parsers differ in which of them counts.
func miswritten(o helpers.Object) string {
	for key := range o {
		for _, ours := range []string{"kind", "apiVersion", "spec", "cluster", "server", "config"} {
			if key != ours && strings.EqualFold(key, ours) {
				return ours
			}
		}
	}
	return ""
}

// object is a JSON object, nil if it is missing or null.
func object(raw json.RawMessage) (o helpers.Object, ok bool) {
	if len(raw) == 0 || string(raw) == "null" {
		return nil, true
	}
	return helpers.ParseObject(raw)
}

// word is a JSON string's value, empty for all other values.
func word(raw json.RawMessage) string {
	var s *string
	if json.Unmarshal(raw, &s) != nil || s == nil {
		return ""
	}
	return *s
}

func wrong(why string) error {
	return &helpers.Failure{Class: helpers.Config, Message: why}
}

func malformed(why string) error {
	return &helpers.Failure{Class: helpers.Malformed, Message: infoVariable + " " + why}
}
