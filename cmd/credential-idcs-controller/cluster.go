package main

import (
	"cmp"
	"net/http"

	coordinationv1 "k8s.io/client-go/kubernetes/typed/coordination/v1"
	corev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// defaultNamespace is the controller's, unless --namespace or POD_NAMESPACE names another.
const defaultNamespace = "credential-idcs"

func (a *app) space() string { return cmp.Or(a.namespace, a.Getenv("POD_NAMESPACE"), defaultNamespace) }

// cluster is how the API server is reached: by --kubeconfig, else, if pod is set and this is a pod, by its service
// account, else as kubectl does.
func (a *app) cluster(pod bool) (*rest.Config, error) {
	if pod && a.kubeconfig == "" && a.Getenv("KUBERNETES_SERVICE_HOST") != "" {
		c, err := rest.InClusterConfig()
		return tuned(c), err
	}
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	if a.kubeconfig != "" {
		rules.ExplicitPath = a.kubeconfig
	}
	c, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, nil).ClientConfig()
	if err != nil {
		return nil, &failure{status: exitConfiguration, message: "the API server can't be found: " + err.Error(), err: err}
	}
	return tuned(c), nil
}

// tuned is a configuration with our limits. 1,000 Secrets at client-go's 5 requests a second take 200 s.
func tuned(c *rest.Config) *rest.Config {
	if c == nil {
		return nil
	}
	c.UserAgent = "credential-idcs-controller"
	c.ContentType, c.AcceptContentTypes = "application/vnd.kubernetes.protobuf", "application/vnd.kubernetes.protobuf,application/json"
	c.QPS, c.Burst = 50, 100
	return c
}

// clients has a client for each kind of work. Each has a rate limit of its own, or a renewal of the Lease would wait
// behind 1,000 updates.
type clients struct {
	lease   *coordinationv1.CoordinationV1Client
	state   *corev1.CoreV1Client
	publish *corev1.CoreV1Client
}

func connect(c *rest.Config) (*clients, error) {
	h, err := rest.HTTPClientFor(c)
	if err != nil {
		return nil, err
	}
	core := func(h *http.Client) (*corev1.CoreV1Client, error) {
		return corev1.NewForConfigAndClient(rest.CopyConfig(c), h)
	}
	var all clients
	if all.state, err = core(h); err != nil {
		return nil, err
	}
	if all.publish, err = core(h); err != nil {
		return nil, err
	}
	all.lease, err = coordinationv1.NewForConfigAndClient(rest.CopyConfig(c), h)
	return &all, err
}
