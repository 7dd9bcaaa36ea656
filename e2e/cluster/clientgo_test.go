//go:build linux

package cluster_test

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

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
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

// A controller lists and watches. Its tokens live for seconds, and it runs past three of them without a
// request that fails. An ID token is got anew although a refresh brings none, where that needs no person.
func controller(t *testing.T, w *world) {
	short := func(p *machine.Profile) { p.Scope = shortScope }
	t.Run("access token", func(t *testing.T) {
		t.Parallel()
		w.person(t, short).controls("news")
	})
	t.Run("ID token", func(t *testing.T) {
		t.Parallel()
		w.employ(t, machine.Alone, w.ids.URL, short, withID).controls("other-news")
	})
}

// controls runs the controller. Its watch is of the first token's time and goes on: the API server looks
// at a token when a request begins.
func (p *person) controls(news string) {
	p.T.Helper()
	maps := p.configMaps()
	ctx, cancel := context.WithTimeout(p.Context(), time.Minute)
	defer cancel()
	list, err := maps.List(ctx, metav1.ListOptions{})
	if err != nil {
		p.Fatal(err)
	}
	watch, err := maps.Watch(ctx, metav1.ListOptions{ResourceVersion: list.GetResourceVersion()})
	if err != nil {
		p.Fatal(err)
	}
	defer watch.Stop()

	pace := time.NewTicker(10 * time.Millisecond)
	defer pace.Stop()
	for seen := map[string]bool{}; len(seen) <= 3; seen[p.Stored().Access] = true {
		<-pace.C
		if _, err := maps.List(ctx, metav1.ListOptions{}); err != nil {
			p.Fatalf("after %d tokens: %v", len(seen), err)
		}
	}

	p.world.api.Create("/api/v1/namespaces/team/configmaps", `{"metadata": {"name": "`+news+`"}}`)
	for event := range watch.ResultChan() {
		if o, ok := event.Object.(*unstructured.Unstructured); ok && o.GetName() == news {
			p.Chain()
			return
		}
	}
	p.Error("the watch ended without the news")
}
