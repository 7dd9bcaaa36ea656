//go:build linux

package fleet

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/e2e/rig/cluster"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// life is that of the tests' access tokens, where nothing has to outlive a Lease.
const life = 4 * time.Second

// Three replicas, one login: each lifetime costs one presentation, whoever leads, and each Secret holds a
// token that lives, in place.
func testServe(t *testing.T, api *cluster.Server) {
	s := newStage(t, api, "serve", idcstest.Options{AccessTTL: life, Rotation: idcstest.StrictRevoke}, "refresh_token", everything("serve"))
	s.install("team-a", "team-b", "argocd")
	all := []*replica{s.replica("one", "", quick...), s.replica("two", "", quick...), s.replica("three", "", quick...)}
	s.until("a replica that works and says so", func() bool { return leader(all) != nil })
	if r := leader(all); r.metric(`credential_idcs_login_needed{profile="ci"}`) == "" {
		t.Errorf("the metrics lack login_needed")
	}
	leader(all).await("login needed; run: credential-idcs-controller login ci")
	before := map[string]secretObject{}
	for _, name := range secretNames {
		before[name] = s.secret(split(name))
	}
	s.login()
	s.grown(4)

	for _, name := range secretNames {
		now := s.secret(split(name))
		if now.Metadata.UID != before[name].Metadata.UID || now.Type != before[name].Type {
			t.Errorf("%s was made anew", name)
		}
	}
	o := s.secret("team-a", "pull")
	if token := s.published(o); !strings.HasPrefix(token, "eyJ") {
		t.Errorf("the docker Secret holds %q", token)
	}
	git := s.secret("team-a", "git")
	if string(git.Data["username"]) != "oauth2" || !strings.HasPrefix(string(git.Data["password"]), "eyJ") || git.Metadata.Labels["reconcile.fluxcd.io/watch"] != "Enabled" {
		t.Errorf("the basic-auth Secret holds %s and labels %v", git.Data["username"], git.Metadata.Labels)
	}
	argo := s.secret("argocd", "git")
	if string(argo.Data["url"]) != "https://git.example.com" || string(argo.Data["type"]) != "git" || argo.Metadata.Labels["argocd.argoproj.io/secret-type"] != "repo-creds" {
		t.Errorf("Argo CD's Secret holds %v", argo.Metadata.Labels)
	}
	token := s.secret("team-b", "token")
	if _, err := time.Parse(time.RFC3339, string(token.Data["expires_at"])); err != nil || len(token.Data["token"]) == 0 {
		t.Errorf("the token Secret: expires_at %q", token.Data["expires_at"])
	}
	for _, v := range o.Metadata.Annotations {
		if strings.Contains(v, "eyJ") {
			t.Errorf("a token in an annotation: %s", v)
		}
	}

	// Somebody else's keys stay, what is ours is put right, and what is gone is said.
	if got, want := s.presentations(), int(s.state().Generation); got != want && got != want+1 { // one may be on its way
		t.Errorf("%d presentations for %d generations", got, want)
	}

	// A person asks for a refresh.
	out, status := s.person("", "refresh", "ci")
	if status != 0 || !strings.Contains(out, "profile ci: refreshed") {
		t.Errorf("refresh: %d %s", status, out)
	}
	out, status = s.person("", "status", "--json")
	var rows []struct {
		Profile string
		Secret  *string
		State   string
	}
	if err := json.Unmarshal([]byte(out), &rows); status != 0 || err != nil || len(rows) != 6 || rows[0].State != "fresh" || rows[0].Secret != nil {
		t.Errorf("status: %d %v\n%s", status, err, out)
	}
	if strings.Contains(out, "eyJ") {
		t.Errorf("status shows a token:\n%s", out)
	}

	// TERM gives the Lease away.
	old := leader(all)
	if old.probe("/readyz") != http.StatusOK || old.probe("/healthz") != http.StatusOK {
		t.Errorf("the leader isn't ready: %d", old.probe("/readyz"))
	}
	old.signal(syscall.SIGTERM)
	if status := old.ends(); status != 0 {
		t.Errorf("TERM: exit %d", status)
	}
	generation := s.state().Generation
	s.until("another leader", func() bool { l := leader(all); return l != nil && l != old })
	s.grown(generation + 2)

	out, status = s.person("", "logout", "ci")
	if st := s.state(); status != 0 || st.Refresh != "" || st.Access != "" {
		t.Errorf("logout: %d %s", status, out)
	}
	next := leader(all)
	next.await("login needed")
	if got := next.metric(`credential_idcs_secrets{profile="ci",state="missing"}`); got != "0" {
		t.Errorf("missing: %q", got)
	}
	if n, err := strconv.Atoi(next.metric("credential_idcs_leader")); n != 1 || err != nil {
		t.Errorf("it isn't the leader: %d", n)
	}
}

// secretNames are those of everything.
var secretNames = []string{"team-a/pull", "team-a/git", "team-b/token", "argocd/git", "argocd/charts"}

func split(name string) (ns, secret string) {
	ns, secret, _ = strings.Cut(name, "/")
	return ns, secret
}

// leader is the replica that works, or nil.
func leader(all []*replica) *replica {
	for _, r := range all {
		if r.metric("credential_idcs_leader") == "1" {
			return r
		}
	}
	return nil
}
