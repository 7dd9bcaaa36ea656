package kubectl

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/runtime"
	clientauth "k8s.io/client-go/pkg/apis/clientauthentication"
	"k8s.io/client-go/pkg/apis/clientauthentication/install"

	"k8s.io/apimachinery/pkg/runtime/serializer"

	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/helpertest"
)

func TestTranscripts(t *testing.T) { helpertest.Transcripts(t, Helper) }

const wantedServer = "https://k8s.example.com:6443"

// question is KUBERNETES_EXEC_INFO with a cluster.
func question(server string) string {
	return `{"kind":"ExecCredential","apiVersion":"` + v1 + `","spec":{"cluster":{"server":"` + server + `"}}}`
}

// A world is an adapter's surroundings: a runtime folder, a parent, a configuration.
type world struct {
	runtime string
	parent  process
	known   bool
	info    string
	source  *helpertest.Source
}

func newWorld(t *testing.T) *world {
	source, err := helpertest.Parse("default work\n" + wantedServer + " token=ACCESS id=IDTOKEN\n")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return &world{runtime: dir, parent: process{4711, "815"}, known: true, info: question(wantedServer), source: source}
}

// call runs the helper and returns what it asked the Source.
func (w *world) call(t *testing.T) helpers.Query {
	t.Helper()
	a := adapter{parent: func() (process, bool) { return w.parent, w.known }}
	call := helpers.Call{Getenv: func(key string) string {
		return map[string]string{"XDG_RUNTIME_DIR": w.runtime, infoVariable: w.info}[key]
	}}
	w.source.Queries = nil
	got := helpertest.Run(t.Context(), helpers.Helper{Run: a.run}, call, func() (helpers.Source, error) { return w.source, nil })
	if got.Exit != 0 || got.Stdout == "" || got.Stderr != "" || len(w.source.Queries) != 1 {
		t.Fatalf("got %+v, %d queries", got, len(w.source.Queries))
	}
	return w.source.Queries[0]
}

// records are the files that are kept, by name.
func (w *world) records(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(w.runtime, "credential-idcs", "*"))
	if err != nil {
		t.Fatal(err)
	}
	m := make(map[string]string)
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		m[filepath.Base(f)] = string(b)
	}
	return m
}

// O1: a token that isn't one doesn't leave.
func TestTokenThatMustNotLeave(t *testing.T) {
	w := newWorld(t)
	w.source.Entries[0].Token = "a\nb"
	got := helpertest.Run(t.Context(), Helper, helpers.Call{}, func() (helpers.Source, error) { return w.source, nil })
	want := helpertest.Result{Stderr: "credential-idcs: profile work: the token is refused, it has byte 0x0a at offset 1\n", Exit: 1}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// K2, S17: the variable has a limit, though no system lets it come near.
func TestInfoLimit(t *testing.T) {
	long := strings.TrimSuffix(question(wantedServer), "}") + strings.Repeat(" ", helpers.InputLimit) + "}"
	if _, err := readInfo(long); err == nil || helpers.AsFailure(err).Class != helpers.Malformed {
		t.Errorf("got %v", err)
	}
	fits := long[:len(long)-1-(len(long)-helpers.InputLimit)] + "}"
	if in, err := readInfo(fits); err != nil || in.server != wantedServer {
		t.Errorf("%d bytes: got %+v, %v", len(fits), in, err)
	}
}

// O3: no limit of a token in JSON.
func TestLongToken(t *testing.T) {
	w := newWorld(t)
	w.source.Entries[0].Token = strings.Repeat("a", 128<<10)
	got := helpertest.Run(t.Context(), Helper, helpers.Call{}, func() (helpers.Source, error) { return w.source, nil })
	if cred := decode(t, got.Stdout); cred.Status.Token != w.source.Entries[0].Token {
		t.Errorf("got %d bytes", len(cred.Status.Token))
	}
}

// decode reads an answer as client-go does, and holds it to O4.
func decode(t *testing.T, stdout string) *clientauth.ExecCredential {
	t.Helper()
	if !strings.HasSuffix(stdout, "}\n") || strings.Count(stdout, "\n") != 1 {
		t.Errorf("not one line: %q", stdout)
	}
	scheme := runtime.NewScheme()
	install.Install(scheme)
	obj, gvk, err := serializer.NewCodecFactory(scheme).UniversalDecoder(clientauth.SchemeGroupVersion).Decode([]byte(stdout), nil, &clientauth.ExecCredential{})
	if err != nil {
		t.Fatalf("client-go: %v, of %q", err, stdout)
	}
	cred, ok := obj.(*clientauth.ExecCredential)
	if !ok || gvk.Kind != kind || cred.Status == nil || cred.Status.ExpirationTimestamp.IsZero() {
		t.Fatalf("client-go: got %T %v %+v", obj, gvk, cred)
	}
	return cred
}

// security.md section 3: stdout is empty, or an object that client-go's decoder takes, in the
// version that was asked for, for the server that is listed or for none.
func FuzzInfo(f *testing.F) {
	f.Add(question(wantedServer))
	f.Add(strings.Replace(question(wantedServer), v1, v1beta1, 1))
	for _, s := range []string{
		"", "{", "null", "[]", question(""), question("https://k8s.evil.example"), question("https://K8S.example.com:6443/"),
		question("https://ana@k8s.example.com:6443"), question("http://k8s.example.com:6443"),
		`{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1"}`,
		`{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","spec":{"cluster":{"server":"` + wantedServer + `","config":{"token":"id"}}}}`,
		`{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","spec":{"cluster":{"server":"` + wantedServer + `","config":{"profile":"other"}}}}`,
		`{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1alpha1"}`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		source, err := helpertest.Parse("default work\n" + wantedServer + " token=ACCESS id=IDTOKEN\n")
		if err != nil {
			t.Fatal(err)
		}
		call := helpers.Call{Getenv: func(key string) string { return map[string]string{infoVariable: in}[key] }}
		got := helpertest.Run(t.Context(), Helper, call, func() (helpers.Source, error) { return source, nil })
		if (got.Exit == 0) != (got.Stderr == "") || (got.Exit == 0) != (got.Stdout != "") {
			t.Fatalf("got %+v", got)
		}
		if got.Exit != 0 {
			return
		}
		cred := decode(t, got.Stdout)
		if cred.Status.Token != "ACCESS" && cred.Status.Token != "IDTOKEN" {
			t.Errorf("got token %q", cred.Status.Token)
		}
		if in == "" {
			return
		}
		var said struct {
			APIVersion string
			Spec       struct{ Cluster *struct{ Server string } }
		}
		if err := json.Unmarshal([]byte(in), &said); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(got.Stdout, `"apiVersion":"`+said.APIVersion+`"`) {
			t.Errorf("asked for %s, got %s", said.APIVersion, got.Stdout)
		}
		if c := said.Spec.Cluster; c != nil {
			host := strings.TrimRight(strings.TrimPrefix(c.Server, "https://"), "/")
			if origin, _, _ := strings.Cut(host, "/"); !strings.EqualFold(origin, "k8s.example.com:6443") {
				t.Errorf("server %q got a token", c.Server)
			}
		}
	})
}
