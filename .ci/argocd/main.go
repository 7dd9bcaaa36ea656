// Argocd-credentials is the part of Argo CD that finds a repository's credentials in Secrets, for tests.
//
//	argocd-credentials URL <SECRETS
//
// It reads a list of Secrets, JSON, of namespace argocd, and writes what Argo CD would use for a repository there.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/argoproj/argo-cd/v3/util/db"
	"github.com/argoproj/argo-cd/v3/util/settings"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: argocd-credentials URL <SECRETS")
		os.Exit(2)
	}
	if err := show(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "argocd-credentials:", err)
		os.Exit(1)
	}
}

func show(url string) error {
	const namespace = "argocd"
	var list corev1.SecretList
	if err := json.NewDecoder(os.Stdin).Decode(&list); err != nil {
		return err
	}
	labels := map[string]string{"app.kubernetes.io/part-of": "argocd"}
	objects := []runtime.Object{
		&corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "argocd-cm", Labels: labels}},
		&corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "argocd-secret", Labels: labels},
			Data:       map[string][]byte{"server.secretkey": []byte("any")},
		},
	}
	for i := range list.Items {
		s := &list.Items[i]
		s.Namespace = namespace
		objects = append(objects, s)
	}
	client := fake.NewClientset(objects...)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	creds, err := db.NewDB(namespace, settings.NewSettingsManager(ctx, client, namespace), client).GetRepositoryCredentials(ctx, url)
	if err != nil {
		return err
	}
	if creds == nil {
		return errors.New("no credentials for " + url)
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]any{
		"username": creds.Username, "password": creds.Password, "type": creds.Type, "enableOCI": creds.EnableOCI,
	})
}
