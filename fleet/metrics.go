package fleet

import "github.com/prometheus/client_golang/prometheus"

// Metrics are what a cluster's monitoring sees.
type Metrics struct {
	Leader      prometheus.Gauge
	Expiry      *prometheus.GaugeVec   // profile
	Refreshes   *prometheus.CounterVec // profile, result
	InDoubt     *prometheus.GaugeVec   // profile
	LoginNeeded *prometheus.GaugeVec   // profile
	Secrets     *prometheus.GaugeVec   // profile, state
	Publish     prometheus.Histogram
}

// The states of a published Secret.
const (
	secretFresh   = "fresh"   // holds the token that is stored
	secretStale   = "stale"   // holds an older one, or none
	secretFailed  = "failed"  // can't be written
	secretMissing = "missing" // isn't there
)

var secretStates = []string{secretFresh, secretStale, secretFailed, secretMissing}

// NewMetrics registers them. Those of each profile are there from the start, so that an alert can tell
// "none" from "unknown".
func NewMetrics(r prometheus.Registerer, profiles []string) *Metrics {
	gauge := func(name, help string, labels ...string) *prometheus.GaugeVec {
		return prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "credential_idcs_" + name, Help: help}, labels)
	}
	m := &Metrics{
		Leader: prometheus.NewGauge(prometheus.GaugeOpts{Name: "credential_idcs_leader", Help: "1 for the replica that works."}),
		Expiry: gauge("token_expiry_timestamp_seconds", "When the stored access token dies, Unix time; 0: there is none.", "profile"),
		Refreshes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "credential_idcs_refreshes_total", Help: "Attempts to renew a token, by what came of them.",
		}, []string{"profile", "result"}),
		InDoubt:     gauge("in_doubt", "1 while nobody knows whether the stored refresh token was spent.", "profile"),
		LoginNeeded: gauge("login_needed", "1 while a person must log in.", "profile"),
		Secrets:     gauge("secrets", "Published Secrets by their state.", "profile", "state"),
		Publish: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "credential_idcs_publish_seconds", Help: "From the save of a token to its last Secret.",
			Buckets: []float64{0.1, 0.3, 1, 3, 10, 30, 100, 300},
		}),
	}
	r.MustRegister(m.Leader, m.Expiry, m.Refreshes, m.InDoubt, m.LoginNeeded, m.Secrets, m.Publish)
	for _, p := range profiles {
		m.Expiry.WithLabelValues(p)
		m.InDoubt.WithLabelValues(p)
		m.LoginNeeded.WithLabelValues(p)
		for _, s := range secretStates {
			m.Secrets.WithLabelValues(p, s)
		}
	}
	return m
}
