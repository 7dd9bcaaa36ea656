package main

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/signal"
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
	// client-go's logs go to the same handler.
	log := slog.New(slog.NewJSONHandler(a.Stderr, nil))
	klog.SetSlogLogger(slog.New(withoutLease{log.Handler()}))

	host, _ := os.Hostname()
	s := &server{app: a, log: log, api: api, clock: fleet.SystemClock(), holder: holder(cmp.Or(*identity, a.Getenv("POD_NAME"), host), a.Rand)}
	lock := &resourcelock.LeaseLock{
		LeaseMeta:  metav1.ObjectMeta{Namespace: a.space(), Name: fleet.LeaseName},
		Client:     api.lease,
		LockConfig: resourcelock.ResourceLockConfig{Identity: s.holder},
	}
	troubles := &fleet.Troubles{Log: log}
	s.lease = &fleet.Lease{Interface: lock, Clock: s.clock, Duration: *duration, Troubles: troubles, Namespace: a.space()}
	if err := s.build(troubles, *duration+2**retry); err != nil {
		return err
	}
	if *listen != "" {
		stop, err := s.listen(*listen)
		if err != nil {
			return err
		}
		defer stop()
	}
	return s.serve(leaderelection.LeaderElectionConfig{
		Lock: s.lease, LeaseDuration: *duration, RenewDeadline: *deadline, RetryPeriod: *retry, ReleaseOnCancel: true, Name: fleet.LeaseName,
	})
}

// withoutLease is a handler for client-go's logs, without failed calls for the Lease: client-go logs each try, fleet.Lease
// reports them once.
type withoutLease struct{ slog.Handler }

func (h withoutLease) Handle(ctx context.Context, r slog.Record) error {
	ofLease := false
	r.Attrs(func(a slog.Attr) bool {
		ofLease = a.Key == "lock"
		return !ofLease
	})
	if ofLease && r.Level >= slog.LevelError {
		return nil
	}
	return h.Handler.Handle(ctx, r)
}

func (h withoutLease) WithAttrs(a []slog.Attr) slog.Handler {
	return withoutLease{h.Handler.WithAttrs(a)}
}

func (h withoutLease) WithGroup(name string) slog.Handler {
	return withoutLease{h.Handler.WithGroup(name)}
}

// holder is a name of this process alone: a restarted container has the same pod name again.
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

// build makes the controller. lost is its Controller.Lost.
func (s *server) build(troubles *fleet.Troubles, lost time.Duration) error {
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
	c := &fleet.Controller{
		Publications: publications(published), Troubles: troubles, Metrics: fleet.NewMetrics(s.registry, names),
		Lost: lost,
	}
	c.Publisher = &fleet.Publisher{Client: s.api.publish, Namespace: s.space(), Clock: s.clock, Spread: rand.Float64, Troubles: troubles, Metrics: c.Metrics}
	for _, p := range used {
		refreshes := c.Metrics.Refreshes.MustCurryWith(prometheus.Labels{"profile": p.Name})
		targets, own := parts(p, published)
		c.Keepers = append(c.Keepers, &fleet.Keeper{
			Profile: p.Name, Identity: s.identity(p), Holder: s.holder, Parts: targets,
			Store:   &fleet.SecretStore{Secrets: s.api.state.Secrets(s.space()), Profile: p.Name},
			Renewal: s.renewer(p).renewal(own), Clock: s.clock, Spread: rand.Float64,
			Fence: s.lease.Holds, Stopping: c.Stopping, Log: s.log,
			Done: func(result string) { refreshes.WithLabelValues(result).Inc() },
		})
	}
	s.controller = c
	return nil
}

// serve works until a signal, after which it returns nil, or until the Lease is lost.
func (s *server) serve(config leaderelection.LeaderElectionConfig) error {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	defer signal.Stop(signals)
	end := make(chan struct{})
	go func() {
		<-signals
		close(end)
	}()
	err := s.controller.Serve(end, config)
	if errors.Is(err, fleet.ErrLost) {
		return &failure{status: exitFailure, message: err.Error(), err: err}
	}
	return err
}
