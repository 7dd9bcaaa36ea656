package fleet

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// on runs a test with a publisher of these, in a bubble where nobody really waits.
func on(t *testing.T, pubs []Publication, test func(t *testing.T, p *Publisher, s *shelf)) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{all: map[string]*corev1.Secret{}}
		for i := range pubs {
			s.put(pubs[i].Empty())
		}
		ctx, cancel := context.WithCancel(t.Context())
		p := &Publisher{
			Client: s, Clock: func() Stamp { return Stamp{Wall: time.Now()} }, Spread: func() float64 { return 1 },
			Troubles: &Troubles{Log: slog.New(slog.DiscardHandler)}, Metrics: NewMetrics(prometheus.NewRegistry(), []string{"ci"}),
			Behind: func(string) {},
		}
		wait := p.Start(ctx, pubs)
		synctest.Wait()
		test(t, p, s)
		cancel()
		wait()
	})
}

func offer(p *Publisher, generation int64, access string) {
	p.Offer("ci", State{Access: text(access), Generation: generation, Obtained: Stamp{Wall: time.Now()}, Life: time.Hour}, "u1", time.Time{})
	synctest.Wait()
}

var everyKind = []Publication{
	{Profile: "ci", Namespace: "a", Name: "docker", Kind: Docker, Logins: []Login{{Host: "r.example.com:5000", Username: "oauth2"}, {Host: "s.example.com", Username: "ana"}}},
	{Profile: "ci", Namespace: "a", Name: "basic", Kind: BasicAuth, Username: "ana", Labels: map[string]string{"l": "1"}},
	{Profile: "ci", Namespace: "b", Name: "token", Kind: Token, Annotations: map[string]string{"n": "1"}},
	{Profile: "ci", Namespace: "b", Name: "argo", Kind: ArgoCD, Username: "ana", URL: "https://git.example.com"},
	{Profile: "ci", Namespace: "b", Name: "helm", Kind: ArgoCDHelm, Username: "ana", URL: "r.example.com/charts"},
}

func TestEachKindHoldsWhatItsReadersWant(t *testing.T) {
	on(t, everyKind, func(t *testing.T, p *Publisher, s *shelf) {
		offer(p, 1, "TOKEN")
		var config struct{ Auths map[string]map[string][]byte }
		o := s.get("a/docker")
		if err := json.Unmarshal(o.Data[".dockerconfigjson"], &config); err != nil {
			t.Fatal(err)
		}
		if got := config.Auths; len(got) != 2 || len(got["s.example.com"]) != 1 || string(got["s.example.com"]["auth"]) != "ana:TOKEN" || string(got["r.example.com:5000"]["auth"]) != "oauth2:TOKEN" {
			t.Errorf("docker: %s", got)
		}
		for name, want := range map[string]map[string]string{
			"a/basic": {"username": "ana", "password": "TOKEN"},
			"b/argo":  {"type": "git", "url": "https://git.example.com", "username": "ana", "password": "TOKEN"},
			"b/helm":  {"type": "helm", "enableOCI": "true", "url": "r.example.com/charts", "username": "ana", "password": "TOKEN"},
			"b/token": {"token": "TOKEN", "expires_at": time.Now().Truncate(time.Second).Add(time.Hour).UTC().Format(time.RFC3339)},
		} {
			got := map[string]string{}
			for k, v := range s.get(name).Data {
				got[k] = string(v)
			}
			if !maps.Equal(got, want) {
				t.Errorf("%s holds %v, want %v", name, got, want)
			}
		}
		if l := s.get("b/helm").Labels[argoLabel]; l != "repo-creds" || s.get("a/basic").Labels["l"] != "1" || s.get("b/token").Annotations["n"] != "1" {
			t.Errorf("labels and annotations: %q", l)
		}
	})
}

func TestANewTokenCostsOneRequestASecret(t *testing.T) {
	on(t, everyKind, func(t *testing.T, p *Publisher, s *shelf) {
		offer(p, 1, "one")
		gets, puts := s.counts()
		offer(p, 2, "two")
		if g, w := s.counts(); g != gets || w != puts+len(everyKind) {
			t.Errorf("%d reads and %d writes", g-gets, w-puts)
		}
		offer(p, 2, "two")
		offer(p, 1, "one") // an older one
		if _, w := s.counts(); w != puts+len(everyKind) {
			t.Errorf("%d writes for nothing", w-puts-len(everyKind))
		}
		if n := testutil.ToFloat64(p.Metrics.Secrets.WithLabelValues("ci", secretFresh)); n != 5 {
			t.Errorf("%v are fresh", n)
		}
	})
}

func TestWhatIsCurrentIsNotWritten(t *testing.T) {
	on(t, everyKind, func(t *testing.T, p *Publisher, s *shelf) {
		offer(p, 1, "one")
		state := State{Access: text("one"), Generation: 1, Obtained: Stamp{Wall: time.Now()}, Life: time.Hour}
		_, puts := s.counts()
		ctx, cancel := context.WithCancel(t.Context())
		again := &Publisher{Client: s, Clock: p.Clock, Spread: p.Spread, Troubles: p.Troubles, Metrics: p.Metrics, Behind: p.Behind}
		wait := again.Start(ctx, everyKind)
		again.Offer("ci", state, "u1", time.Time{})
		synctest.Wait()
		if _, w := s.counts(); w != puts {
			t.Errorf("a restart wrote %d", w-puts)
		}
		cancel()
		wait()
	})
}

func TestWhatOthersWroteStays(t *testing.T) {
	on(t, everyKind[:1], func(t *testing.T, p *Publisher, s *shelf) {
		offer(p, 1, "one")
		s.edit("a/docker", func(o *corev1.Secret) {
			o.Labels, o.Annotations["theirs"], o.Data["theirs"] = map[string]string{"theirs": "1"}, "1", []byte("1")
			o.Data[".dockerconfigjson"] = []byte("{}")
		})
		time.Sleep(lookAgain) // in the bubble
		synctest.Wait()
		o := s.get("a/docker")
		if o.Labels["theirs"] != "1" || o.Annotations["theirs"] != "1" || string(o.Data["theirs"]) != "1" {
			t.Errorf("what others wrote is gone: %v %v", o.Labels, o.Annotations)
		}
		if string(o.Data[".dockerconfigjson"]) == "{}" {
			t.Error("what is ours isn't put right")
		}
	})
}

func TestALowerGenerationNeverOverwritesAHigherOne(t *testing.T) {
	on(t, everyKind[:1], func(t *testing.T, p *Publisher, s *shelf) {
		behind := ""
		p.Behind = func(profile string) { behind = profile }
		offer(p, 1, "one")
		s.edit("a/docker", func(o *corev1.Secret) {
			o.Annotations[annotationGeneration] = "7"
			o.Data[".dockerconfigjson"] = []byte(`{"auths":{"seven":{}}}`)
		})
		offer(p, 2, "two") // of one who was the leader
		if o := s.get("a/docker"); string(o.Data[".dockerconfigjson"]) != `{"auths":{"seven":{}}}` || behind != "ci" {
			t.Errorf("it holds %s; behind: %q", o.Data[".dockerconfigjson"], behind)
		}
		// A state that was made anew counts from 1 again.
		p.Offer("ci", State{Access: text("new"), Generation: 1, Obtained: Stamp{Wall: time.Now()}, Life: time.Hour}, "u2", time.Time{})
		synctest.Wait()
		if o := s.get("a/docker"); o.Annotations[annotationGeneration] != "1" {
			t.Errorf("the generation is %s", o.Annotations[annotationGeneration])
		}
	})
}

func TestOneSecretThatFailsKeepsNoOtherBack(t *testing.T) {
	on(t, everyKind, func(t *testing.T, p *Publisher, s *shelf) {
		s.mu.Lock()
		delete(s.all, "a/basic")
		s.all["b/argo"].Type = corev1.SecretTypeBasicAuth
		s.refuse = func(name string) error {
			if name == "token" {
				return apierrors.NewForbidden(resource, name, fmt.Errorf("no"))
			}
			return nil
		}
		s.mu.Unlock()
		time.Sleep(lookAgain)
		offer(p, 1, "one")
		synctest.Wait()
		for state, want := range map[string]float64{secretMissing: 1, secretFailed: 2, secretFresh: 2, secretStale: 0} {
			if n := testutil.ToFloat64(p.Metrics.Secrets.WithLabelValues("ci", state)); n != want {
				t.Errorf("%v are %s, want %v", n, state, want)
			}
		}
		s.mu.Lock()
		s.put(everyKind[1].Empty())
		s.refuse = nil
		s.mu.Unlock()
		time.Sleep(lookAgain) // the longest pause
		synctest.Wait()
		if n := testutil.ToFloat64(p.Metrics.Secrets.WithLabelValues("ci", secretFresh)); n != 4 {
			t.Errorf("%v are fresh after they were mended", n)
		}
	})
}

// The gauges are those of the last report, however many report at once.
func TestTheLastCountStands(t *testing.T) {
	p := &Publisher{Troubles: &Troubles{Log: slog.New(slog.DiscardHandler)}, Metrics: NewMetrics(prometheus.NewRegistry(), []string{"ci"})}
	for range 500 {
		p.all = nil
		for i := range 8 {
			p.all = append(p.all, &published{Publication: Publication{Profile: "ci", Name: strconv.Itoa(i)}, state: secretStale})
		}
		var group sync.WaitGroup
		for _, s := range p.all {
			group.Go(func() { p.report(s, ErrMissing) })
		}
		group.Wait()
		if n := testutil.ToFloat64(p.Metrics.Secrets.WithLabelValues("ci", secretMissing)); n != 8 {
			t.Fatalf("%v of 8 are missing", n)
		}
	}
}

func TestADeadTokenIsNotPublished(t *testing.T) {
	on(t, everyKind[:1], func(t *testing.T, p *Publisher, s *shelf) {
		p.Offer("ci", State{Access: text("dead"), Generation: 1, Obtained: Stamp{Wall: time.Now().Add(-time.Hour)}, Life: time.Hour}, "u1", time.Time{})
		synctest.Wait()
		if _, puts := s.counts(); puts != 0 {
			t.Errorf("%d writes", puts)
		}
	})
}

// A Secret that can't be written is told of once, however often it is tried and whatever each try says; and
// once when it works again.
func TestAFailureIsToldOnce(t *testing.T) {
	on(t, []Publication{{Profile: "ci", Namespace: "a", Name: "x", Kind: BasicAuth}, {Profile: "ci", Namespace: "a", Name: "y", Kind: BasicAuth}}, func(t *testing.T, p *Publisher, s *shelf) {
		var told lines
		p.Troubles.Log = slog.New(slog.NewTextHandler(&told, nil))
		tries := 0
		refuse := func(name string) error {
			if name == "y" {
				return nil
			}
			tries++
			return fmt.Errorf("dial tcp 127.0.0.1:%d->127.0.0.1:6443: connection refused", 40000+tries)
		}
		s.mu.Lock()
		s.refuse = refuse
		s.mu.Unlock()
		offer(p, 1, "a1")
		time.Sleep(time.Hour)
		if n := told.count(); n != 1 || tries < 5 {
			t.Errorf("%d lines for %d tries", n, tries)
		}
		s.mu.Lock()
		s.refuse = nil
		s.mu.Unlock()
		time.Sleep(10 * time.Minute)
		if n := told.count(); n != 2 {
			t.Errorf("%d lines when it works again", n)
		}
	})
}

// lines counts what is written.
type lines struct {
	mu sync.Mutex
	n  int
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.n++
	return len(b), nil
}

func (l *lines) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.n
}
