package oci

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/oci/ocitest"
)

const cluster = "ocid1.cluster.oc1.iad.aaaacluster"

// Each principal gets a session with which the registry gives a token and the cluster lets in whom it
// names.
func TestEachPrincipalIsLetIn(t *testing.T) {
	for name, try := range map[string]func(*testing.T, *ocitest.Server, *Machine) (Principal, string){
		"session": func(t *testing.T, s *ocitest.Server, _ *Machine) (Principal, string) {
			_, p := sessionFile(t, s)
			return p, ocitest.User
		},
		"api_key": func(t *testing.T, s *ocitest.Server, _ *Machine) (Principal, string) {
			h, err := s.WriteAPIKey(home(t), "DEFAULT")
			if err != nil {
				t.Fatal(err)
			}
			return APIKey{File: h.ConfigFile, Profile: "DEFAULT"}, ocitest.User
		},
		"resource, by value": func(t *testing.T, s *ocitest.Server, m *Machine) (Principal, string) {
			rpst, key, err := s.Resource()
			if err != nil {
				t.Fatal(err)
			}
			m.Getenv = environment(resourceVersion, "2.2", resourceToken, rpst, resourceKey, key, resourceRegion, "iad")
			return Resource{}, ocitest.ResourceID
		},
		"resource, by path": func(t *testing.T, s *ocitest.Server, m *Machine) (Principal, string) {
			rpst, key, err := s.Resource()
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			for file, text := range map[string]string{"rpst": rpst + "\n", "key": key} {
				if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			m.Getenv = environment(resourceVersion, "2.2", resourceToken, filepath.Join(dir, "rpst"),
				resourceKey, filepath.Join(dir, "key"), resourceRegion, "us-ashburn-1")
			return Resource{}, ocitest.ResourceID
		},
		"workload": func(t *testing.T, s *ocitest.Server, _ *Machine) (Principal, string) {
			dir := t.TempDir()
			if err := s.WriteServiceAccount(dir); err != nil {
				t.Fatal(err)
			}
			return Workload{Endpoint: s.WorkloadURL(), Account: dir, Region: "us-ashburn-1"}, ocitest.Pod
		},
		"instance": func(_ *testing.T, s *ocitest.Server, _ *Machine) (Principal, string) {
			return patient(s), s.Instance.ID
		},
	} {
		for _, quoted := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				s := ocitest.Start(t, ocitest.Options{QuotedJWK: quoted})
				m := at(t, s)
				p, subject := try(t, s, m)
				session := must(t, p, m)
				if session.Region != "us-ashburn-1" {
					t.Errorf("region %q", session.Region)
				}
				a, err := m.Registry(context.Background(), session, "iad.ocir.io")
				if err != nil {
					t.Fatal(err)
				}
				if a.Life != time.Hour {
					t.Errorf("the registry's token lives %v, want an hour", a.Life)
				}
				token, err := session.ClusterToken(cluster, session.Region, time.Now())
				if err != nil {
					t.Fatal(err)
				}
				who, err := s.VerifyCluster(token.Reveal(), cluster, "us-ashburn-1")
				if err != nil || who != subject {
					t.Errorf("the cluster sees %q, %v, want %q", who, err, subject)
				}
				if refused := s.Refusals(); len(refused) > 0 {
					t.Errorf("refused: %q", refused)
				}
			})
		}
	}
}

// A cluster's token isn't used longer than the session lives that signed it.
func TestAClusterTokenEndsWithItsSession(t *testing.T) {
	s := ocitest.Start(t, ocitest.Options{})
	h, p := sessionFile(t, s)
	now := time.Now().Truncate(time.Second)
	for left, want := range map[time.Duration]time.Duration{time.Hour: 4 * time.Minute, 4 * time.Minute: 4 * time.Minute, 100 * time.Second: 100 * time.Second} {
		if err := s.WriteToken(h, s.IssueFor(ocitest.User, &h.Key.PublicKey, now.Add(left-time.Hour), time.Hour)); err != nil {
			t.Fatal(err)
		}
		if got := must(t, p, at(t, s)).ClusterLife(now); got != want {
			t.Errorf("%v before the end: %v, want %v", left, got, want)
		}
	}
	key, err := s.WriteAPIKey(home(t), "DEFAULT")
	if err != nil {
		t.Fatal(err)
	}
	if got := must(t, APIKey{File: key.ConfigFile, Profile: "DEFAULT"}, at(t, s)).ClusterLife(now); got != 4*time.Minute {
		t.Errorf("of an API key: %v", got)
	}
}

// patient is the double's instance, which is waited for as long as a machine with much to do takes.
func patient(s *ocitest.Server) Instance {
	return Instance{Metadata: s.MetadataURL(), patience: time.Minute}
}

// An instance principal is four questions on one connection and one request for the session.
func TestInstanceAsksFourQuestionsOnOneConnection(t *testing.T) {
	s := ocitest.Start(t, ocitest.Options{})
	must(t, patient(s), at(t, s))
	if n := s.Count("metadata"); n != 4 || s.MetadataConnections() != 1 || s.Count("x509") != 1 {
		t.Errorf("%d questions on %d connections, %d sessions", n, s.MetadataConnections(), s.Count("x509"))
	}
	for _, r := range s.Requests() {
		if r.Name == "x509" && strings.Contains(r.Header.Get("Authorization"), " host") {
			t.Error("the federation request signs the host")
		}
	}
	if tunnels := s.Tunnels(); !slices.Equal(tunnels, []string{"auth.us-ashburn-1.oraclecloud.com:443"}) {
		t.Errorf("the proxy was asked for %q", tunnels)
	}
}

// The platform may replace the instance's key between two questions.
func TestInstanceTakesOnlyAPairThatFits(t *testing.T) {
	s := ocitest.Start(t, ocitest.Options{})
	rotate := func() {
		if err := s.Instance.Rotate(); err != nil {
			t.Error(err)
		}
	}
	// The third question is the key's: the certificate of before was answered.
	s.Script(ocitest.Fault{On: "metadata", Nth: 3, Then: rotate})
	m := at(t, s)
	session := must(t, patient(s), m)
	if _, err := m.Registry(context.Background(), session, "iad.ocir.io"); err != nil {
		t.Fatal(err)
	}
	if n := s.Count("metadata"); n != 6 {
		t.Errorf("%d questions, want region, two pairs and the intermediate", n)
	}
	s.Unscript()
	s.Script(ocitest.Fault{On: "metadata", Nth: 3, Then: rotate}, ocitest.Fault{On: "metadata", Nth: 5, Then: rotate})
	_, err := patient(s).Session(context.Background(), m)
	if !errors.Is(err, ErrLater) {
		t.Errorf("a pair that never fits: %v", err)
	}
}

// A closed port, silence, an error page: each says what is wrong and is over soon.
func TestNoInstanceIsSaidAndNotWaitedFor(t *testing.T) {
	s := ocitest.Start(t, ocitest.Options{})
	m := at(t, s)
	_, err := (Instance{Metadata: "http://127.0.0.1:1/opc/v2"}).Session(context.Background(), m)
	if got, want := said(err), "this is no OCI instance: 127.0.0.1 doesn't answer"; got != want || !errors.Is(err, ErrSettings) {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, c := range []struct {
		fault ocitest.Fault
		class Class
		want  string
	}{
		{ocitest.Fault{Status: 429, Header: map[string][]string{"Retry-After": {"7"}}}, ErrLater, "the metadata service is busy (429)"},
		{ocitest.Fault{Status: 404, Body: "<html>secret</html>"}, ErrSettings, "this instance has no principal: the metadata service says Not Found"},
		{ocitest.Fault{Status: 302, Header: map[string][]string{"Location": {"http://127.0.0.1:1/"}}}, ErrSettings, "the metadata service redirects (302; opc-request-id "},
		{ocitest.Fault{Status: 503}, ErrLater, "the metadata service can't answer now (503 Service Unavailable; opc-request-id "},
		{ocitest.Fault{Do: ocitest.Stall}, ErrSettings, "this is no OCI instance: 127.0.0.1 doesn't answer"},
		{ocitest.Fault{Do: ocitest.Reset}, ErrSettings, "this is no OCI instance: 127.0.0.1 doesn't answer"},
	} {
		s.Unscript()
		c.fault.On = "metadata"
		s.Script(c.fault)
		p := patient(s)
		if c.fault.Do == ocitest.Stall {
			p.patience = 0
		}
		_, err := p.Session(context.Background(), m)
		if !strings.HasPrefix(said(err), c.want) || !errors.Is(err, c.class) {
			t.Errorf("%+v: got %v, want %s", c.fault, err, c.want)
		}
	}
}

func said(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// The pod's token never goes through a proxy, though there is one for all addresses.
func TestWorkloadIsAskedWithoutAProxy(t *testing.T) {
	s := ocitest.Start(t, ocitest.Options{})
	dir := t.TempDir()
	if err := s.WriteServiceAccount(dir); err != nil {
		t.Fatal(err)
	}
	must(t, Workload{Endpoint: s.WorkloadURL(), Account: dir, Region: "us-ashburn-1"}, at(t, s))
	if tunnels := s.Tunnels(); len(tunnels) != 0 || s.Count("workload") != 1 {
		t.Errorf("the proxy was asked for %q, the cluster %d times", tunnels, s.Count("workload"))
	}
}

// The cluster must be an enhanced one, and its certificate the cluster's own.
func TestWorkloadSaysWhatTheClusterLacks(t *testing.T) {
	s := ocitest.Start(t, ocitest.Options{BasicCluster: true})
	m := at(t, s)
	dir := t.TempDir()
	if err := s.WriteServiceAccount(dir); err != nil {
		t.Fatal(err)
	}
	p := Workload{Endpoint: s.WorkloadURL(), Account: dir, Region: "us-ashburn-1"}
	_, err := p.Session(context.Background(), m)
	if got, want := said(err), "the cluster refuses workload identity (403): it must be an enhanced cluster"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if err := os.WriteFile(filepath.Join(dir, "ca.crt"), s.CA.PEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	before := s.Count("workload")
	_, err = p.Session(context.Background(), m)
	if !errors.Is(err, ErrSettings) || s.Count("workload") != before {
		t.Errorf("another CA: %v, and %d requests", err, s.Count("workload")-before)
	}
	for _, c := range []struct{ host, want string }{
		{"", "KUBERNETES_SERVICE_HOST is not set: this is no pod"},
		{"kubernetes.default.svc", "KUBERNETES_SERVICE_HOST is no IP address"},
	} {
		m.Getenv = environment("KUBERNETES_SERVICE_HOST", c.host)
		_, err := (Workload{Account: dir, Region: "us-ashburn-1"}).Session(context.Background(), m)
		if said(err) != c.want {
			t.Errorf("host %q: got %v, want %s", c.host, err, c.want)
		}
	}
}

// Nothing but version 2.2 with a plain key is a resource principal here.
func TestResourceRefusesWhatItDoesNotKnow(t *testing.T) {
	s := ocitest.Start(t, ocitest.Options{})
	m := at(t, s)
	rpst, key, err := s.Resource()
	if err != nil {
		t.Fatal(err)
	}
	other, err := s.WriteSession(home(t), "other")
	if err != nil {
		t.Fatal(err)
	}
	end := time.Now().Add(-time.Minute)
	for _, c := range []struct {
		pairs []string
		want  string
	}{
		{nil, "OCI_RESOURCE_PRINCIPAL_VERSION is not set: this is no resource with a principal"},
		{[]string{resourceVersion, "1.1"}, "OCI_RESOURCE_PRINCIPAL_VERSION is 1.1, and only 2.2 is supported"},
		{[]string{resourceVersion, "3.0"}, "OCI_RESOURCE_PRINCIPAL_VERSION is 3.0, and only 2.2 is supported"},
		{[]string{resourceVersion, "2.2"}, "OCI_RESOURCE_PRINCIPAL_RPST is not set"},
		{[]string{resourceVersion, "2.2", resourceToken, "x"}, "OCI_RESOURCE_PRINCIPAL_RPST holds no session token"},
		{[]string{resourceVersion, "2.2", resourceToken, "ST$" + rpst}, "OCI_RESOURCE_PRINCIPAL_RPST holds no session token"},
		{[]string{resourceVersion, "2.2", resourceToken, rpst}, "OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM is not set"},
		{[]string{resourceVersion, "2.2", resourceToken, s.IssueFor(ocitest.ResourceID, &other.Key.PublicKey, end.Add(-time.Hour), time.Hour), resourceKey, key},
			"OCI_RESOURCE_PRINCIPAL_RPST ended at " + end.Local().Format("15:04")},
		{[]string{resourceVersion, "2.2", resourceToken, rpst, resourceKey, key}, "OCI_RESOURCE_PRINCIPAL_REGION names no region"},
		{[]string{resourceVersion, "2.2", resourceToken, rpst, resourceKey, key, resourcePassphrase, "p"},
			"OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM_PASSPHRASE is set, and encrypted keys aren't read"},
		{[]string{resourceVersion, "2.2", resourceToken, other.Session, resourceKey, key},
			"OCI_RESOURCE_PRINCIPAL_RPST and OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM don't belong together"},
	} {
		m.Getenv = environment(c.pairs...)
		_, err := (Resource{}).Session(context.Background(), m)
		if said(err) != c.want || !errors.Is(err, ErrSettings) {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
}
