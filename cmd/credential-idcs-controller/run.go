package main

import (
	"cmp"
	"context"
	"encoding/hex"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"k8s.io/klog/v2"

	"github.com/credential-idcs/credential-idcs/fleet"
)

func runVerb() *verb {
	return &verb{
		name: "run", words: "--config FILE",
		about: "serve: keep the tokens fresh and the Secrets filled (the default)",
		text: `
Any number of replicas may run; by a Lease one of them works. It ends with 0
after TERM, once what it began is saved, and with 1 when it loses the Lease.

  --config FILE           config.toml with [[publish]] tables
  --namespace NS          where the Lease and the state are: POD_NAMESPACE
  --identity ID           this replica's name: POD_NAME, else the host's
  --listen ADDR           metrics and probes, "" for none (:8080)
  --kubeconfig FILE       instead of the pod's own account
  --lease-duration 60s    so long nobody takes the Lease of a leader that is gone
  --renew-deadline 40s    so long a leader tries to renew it
  --retry-period 2s       between two tries
`,
		run: runRun,
	}
}

func runRun(_ context.Context, a *app, args []string) error {
	f := a.options(runVerb())
	f.StringVar(&a.kubeconfig, "kubeconfig", "", "")
	identity := f.String("identity", "", "")
	listen := f.String("listen", ":8080", "")
	duration := f.Duration("lease-duration", 60*time.Second, "")
	deadline := f.Duration("renew-deadline", 40*time.Second, "")
	retry := f.Duration("retry-period", 2*time.Second, "")
	if _, err := a.parse(f, args, 0); err != nil {
		return err
	}
	if *duration < time.Second || *duration <= *deadline || *deadline <= *retry*6/5 || *retry <= 0 {
		return misuse("run: --lease-duration must be longer than --renew-deadline, and that longer than 1.2 × --retry-period", "credential-idcs-controller run --help")
	}
	if _, _, err := a.load(); err != nil {
		return err
	}
	config, err := a.cluster(true)
	if err != nil {
		return err
	}
	api, err := connect(config)
	if err != nil {
		return err
	}
	// What is told twice would be told differently; what client-go says goes the same way.
	log := slog.New(slog.NewJSONHandler(a.Stderr, nil))
	klog.SetSlogLogger(log)

	host, _ := os.Hostname()
	s := &server{app: a, log: log, api: api, clock: fleet.SystemClock(), holder: holder(cmp.Or(*identity, a.Getenv("POD_NAME"), host), a.Rand)}
	lock := &resourcelock.LeaseLock{
		LeaseMeta:  metav1.ObjectMeta{Namespace: a.space(), Name: fleet.LeaseName},
		Client:     api.lease,
		LockConfig: resourcelock.ResourceLockConfig{Identity: s.holder},
	}
	s.lease = &fleet.Lease{Interface: lock, Clock: s.clock, Duration: *duration}
	if err := s.build(*duration + 2**retry); err != nil {
		return err
	}
	if *listen != "" {
		stop, err := s.listen(*listen)
		if err != nil {
			return err
		}
		defer stop()
	}
	return s.elect(leaderelection.LeaderElectionConfig{
		Lock: s.lease, LeaseDuration: *duration, RenewDeadline: *deadline, RetryPeriod: *retry, ReleaseOnCancel: true, Name: fleet.LeaseName,
	})
}

// holder names this process: a restarted container has its pod's name again.
func holder(identity string, random io.Reader) string {
	b := make([]byte, 4)
	_, _ = io.ReadFull(random, b)
	return identity + "_" + hex.EncodeToString(b)
}

// A server is one replica.
type server struct {
	*app
	log        *slog.Logger
	api        *clients
	clock      fleet.Clock
	holder     string
	lease      *fleet.Lease
	registry   *prometheus.Registry
	controller *fleet.Controller
}

// build puts the controller together. lost is how long a lost leader goes unnoticed.
func (s *server) build(lost time.Duration) error {
	published, err := s.file.Published()
	if err != nil {
		return mistake(err)
	}
	var names []string
	used := profiles(s.file, published)
	for _, p := range used {
		names = append(names, p.Name)
	}
	s.registry = prometheus.NewRegistry()
	troubles := &fleet.Troubles{Log: s.log}
	c := &fleet.Controller{
		Publications: publications(published), Troubles: troubles, Metrics: fleet.NewMetrics(s.registry, names),
		Lost: lost,
	}
	c.Publisher = &fleet.Publisher{Client: s.api.publish, Clock: s.clock, Spread: rand.Float64, Troubles: troubles, Metrics: c.Metrics}
	for _, p := range used {
		refreshes := c.Metrics.Refreshes.MustCurryWith(prometheus.Labels{"profile": p.Name})
		c.Keepers = append(c.Keepers, &fleet.Keeper{
			Profile: p.Name, Identity: identity(p), Holder: s.holder,
			Store:   &fleet.SecretStore{Secrets: s.api.state.Secrets(s.space()), Profile: p.Name},
			Renewal: s.renewer(p).renewal(), Clock: s.clock, Spread: rand.Float64,
			Fence: s.lease.Holds, Stopping: c.Stopping, Log: s.log,
			Done: func(result string) { refreshes.WithLabelValues(result).Inc() },
		})
	}
	s.controller = c
	return nil
}

// elect waits for the Lease, works while it is held, and ends: with nil after a signal, with a failure
// when the Lease is lost. In both cases what was begun is done first.
func (s *server) elect(config leaderelection.LeaderElectionConfig) error {
	working, halt := context.WithCancel(context.Background())
	defer halt()
	electing, release := context.WithCancel(context.Background())
	defer release()
	w := &work{done: make(chan struct{})}
	config.Callbacks = leaderelection.LeaderCallbacks{
		OnStartedLeading: func(context.Context) {
			if w.begin() {
				s.log.Info("working", "holder", s.holder)
				s.controller.Lead(working)
				close(w.done)
			}
		},
		OnStoppedLeading: func() {},
	}
	elector, err := leaderelection.NewLeaderElector(config)
	if err != nil {
		return err
	}
	end := func() {
		s.controller.Stop()
		halt()
		w.end()
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	defer signal.Stop(signals)
	told := make(chan struct{})
	go func() {
		<-signals
		s.log.Info("ending")
		close(told)
		end()
		release() // gives the Lease away
	}()
	elector.Run(electing)
	end()
	select {
	case <-told:
		return nil
	default:
		return &failure{status: exitFailure, message: "the Lease was lost"}
	}
}

// work is the leader's, which begins at most once.
type work struct {
	mu     sync.Mutex
	begun  bool
	ending bool
	done   chan struct{}
}

// begin reports whether the work may begin.
func (w *work) begin() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.begun = !w.ending
	return w.begun
}

// end lets none begin, and waits for what was.
func (w *work) end() {
	w.mu.Lock()
	w.ending = true
	begun := w.begun
	w.mu.Unlock()
	if begun {
		<-w.done
	}
}
