package kubelet

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	credentialprovider "k8s.io/kubelet/pkg/apis/credentialprovider/v1"

	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/helpertest"
)

// The tests of this file are the kubelet's: its types write the requests, and its decoder, made
// strict, reads the answers.

func exchange(t *testing.T, targets string, request *credentialprovider.CredentialProviderRequest) *credentialprovider.CredentialProviderResponse {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := credentialprovider.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	codecs := serializer.NewCodecFactory(scheme, serializer.EnableStrict)
	info, ok := runtime.SerializerInfoForMediaType(codecs.SupportedMediaTypes(), runtime.ContentTypeJSON)
	if !ok {
		t.Fatal("no JSON")
	}
	b, err := runtime.Encode(codecs.EncoderForVersion(info.Serializer, credentialprovider.SchemeGroupVersion), request)
	if err != nil {
		t.Fatal(err)
	}
	got := answer(t, targets, string(b))
	if got.Exit != 0 || got.Stderr != "" {
		t.Fatalf("got %+v", got)
	}
	object, kind, err := codecs.UniversalDeserializer().Decode([]byte(got.Stdout), nil, nil)
	if err != nil {
		t.Fatalf("%v: %q", err, got.Stdout)
	}
	response, ok := object.(*credentialprovider.CredentialProviderResponse)
	if !ok || *kind != credentialprovider.SchemeGroupVersion.WithKind("CredentialProviderResponse") {
		t.Fatalf("a %s in %q", kind, got.Stdout)
	}
	return response
}

func TestKubeletReadsTheAnswer(t *testing.T) {
	got := exchange(t, "https://registry.example.com:5000 user=ana unattended=yes",
		&credentialprovider.CredentialProviderRequest{Image: "registry.example.com:5000/team/app:v1"})
	if got.CacheKeyType != credentialprovider.RegistryPluginCacheKeyType {
		t.Errorf("CacheKeyType: got %s", got.CacheKeyType)
	}
	if got.CacheDuration == nil || got.CacheDuration.Duration != 9*time.Minute+30*time.Second {
		t.Errorf("CacheDuration: got %v", got.CacheDuration)
	}
	want := map[string]credentialprovider.AuthConfig{"registry.example.com:5000": {Username: "ana", Password: "TOKEN"}}
	if diff := cmp.Diff(want, got.Auth); diff != "" {
		t.Errorf("Auth, -want +got:\n%s", diff)
	}
}

func TestKubeletReadsThatItIsNotOurs(t *testing.T) {
	got := exchange(t, "https://registry.example.com unattended=yes",
		&credentialprovider.CredentialProviderRequest{Image: "ghcr.io/team/app", ServiceAccountAnnotations: map[string]string{"a": "b"}})
	if len(got.Auth) != 0 || got.CacheDuration == nil || got.CacheDuration.Duration != 0 {
		t.Errorf("got %+v", got)
	}
}

// A workload's own token would have to be exchanged for ours, which is not done.
func TestServiceAccountTokenIsRefused(t *testing.T) {
	got := answer(t, "https://registry.example.com unattended=yes",
		`{"apiVersion":"`+version+`","kind":"`+kind+`","image":"registry.example.com/a","serviceAccountToken":"typed"}`)
	if got.Exit != helpers.Malformed.Exit() || got.Stdout != "" {
		t.Errorf("got %+v", got)
	}
}

func answer(t *testing.T, targets, request string) helpertest.Result {
	t.Helper()
	got, _ := call(t, targets, request)
	return got
}
