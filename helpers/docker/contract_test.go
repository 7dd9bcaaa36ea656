package docker

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/docker/docker-credential-helpers/client"
	"github.com/docker/docker-credential-helpers/credentials"
	"github.com/google/go-cmp/cmp"

	"github.com/credential-idcs/credential-idcs/internal/helpertest"
)

// The tests of this file are docker's: its client starts this test binary as the helper.

func TestMain(m *testing.M) { helpertest.Main(m, Helper) }

func program(t *testing.T, targets string) client.ProgramFunc {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	env := map[string]string{
		helpertest.EnvTargets: targets,
		helpertest.EnvLog:     filepath.Join(t.TempDir(), "log"),
	}
	return client.NewShellProgramFuncWithEnv(exe, &env)
}

const two = "https://registry.example.com:5000 user=ana\nhttps://login.example.com profile=away fails=login unready=yes\n"

func TestClientGet(t *testing.T) {
	got, err := client.Get(program(t, two), "registry.example.com:5000")
	if err != nil {
		t.Fatal(err)
	}
	want := &credentials.Credentials{ServerURL: "registry.example.com:5000", Username: "ana", Secret: "TOKEN"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// D2, D5, D6: what makes a client go on as nobody, and what doesn't.
func TestClientTellsFailuresApart(t *testing.T) {
	if _, err := client.Get(program(t, two), "other.example.com"); !credentials.IsErrCredentialsNotFound(err) {
		t.Errorf("not configured: got %v", err)
	}
	_, err := client.Get(program(t, two), "login.example.com")
	if err == nil || credentials.IsErrCredentialsNotFound(err) || !strings.Contains(err.Error(), "no token") {
		t.Errorf("login needed: got %v", err)
	}
	if _, err := client.Get(program(t, two), ""); !credentials.IsCredentialsMissingServerURL(err) && !strings.Contains(err.Error(), "no credentials server URL") {
		t.Errorf("blank: got %v", err)
	}
}

func TestClientStoreEraseList(t *testing.T) {
	p := program(t, two)
	if err := client.Store(p, &credentials.Credentials{ServerURL: "registry.example.com:5000", Username: "ana", Secret: "TOKEN"}); err != nil {
		t.Errorf("store: %v", err)
	}
	if err := client.Store(p, &credentials.Credentials{ServerURL: "other.example.com", Username: "ana", Secret: "typed"}); err == nil {
		t.Error("store elsewhere: no error")
	}
	for _, server := range []string{"registry.example.com:5000", "other.example.com", "http://registry.example.com:5000"} {
		if err := client.Erase(p, server); err != nil {
			t.Errorf("erase %s: %v", server, err)
		}
	}
	got, err := client.List(p)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"registry.example.com:5000": "ana"}, got); diff != "" {
		t.Errorf("list, -want +got:\n%s", diff)
	}
	if got, err = client.List(program(t, "")); err != nil || len(got) != 0 {
		t.Errorf("list of nothing: got %v, %v", got, err)
	}
}
