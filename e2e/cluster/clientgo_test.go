//go:build linux

package cluster

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/credential-idcs/credential-idcs/e2e/machine"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// configMaps is a client-go program's client for the namespace team, with the person's kubeconfig. The
// program is this test, so it is one parent for the helper as long as it runs.
func (p *person) configMaps() dynamic.ResourceInterface {
	p.T.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", filepath.Join(p.Home, ".kube", "config"))
	if err != nil {
		p.Fatal(err)
	}
	for _, v := range p.Env {
		name, value, _ := strings.Cut(v, "=")
		config.ExecProvider.Env = append(config.ExecProvider.Env, clientcmdapi.ExecEnvVar{Name: name, Value: value})
	}
	config.QPS = -1 // no limit of its own
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		p.Fatal(err)
	}
	return client.Resource(schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}).Namespace("team")
}

// A controller lists and watches. Its tokens live for seconds; it runs until the third of them has
// expired, and no request fails. The watch of the first one's time goes on: the API server looks at a
// token when a request begins.
func controller(t *testing.T, w *world) {
	p := w.person(t, func(p *machine.Profile) { p.Scope = shortScope })
	maps := p.configMaps()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	list, err := maps.List(ctx, metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	watch, err := maps.Watch(ctx, metav1.ListOptions{ResourceVersion: list.GetResourceVersion()})
	if err != nil {
		t.Fatal(err)
	}
	defer watch.Stop()

	begun := w.domain.Posts(idcstest.Refresh)
	pace := time.NewTicker(10 * time.Millisecond)
	defer pace.Stop()
	for w.domain.Posts(idcstest.Refresh)-begun < 3 {
		<-pace.C
		if _, err := maps.List(ctx, metav1.ListOptions{}); err != nil {
			t.Fatalf("after %d expiries: %v", w.domain.Posts(idcstest.Refresh)-begun, err)
		}
	}

	const name = "news"
	w.api.Create("/api/v1/namespaces/team/configmaps", `{"metadata": {"name": "`+name+`"}}`)
	for event := range watch.ResultChan() {
		if o, ok := event.Object.(*unstructured.Unstructured); ok && o.GetName() == name {
			p.Chain()
			return
		}
	}
	t.Error("the watch ended without the news")
}
