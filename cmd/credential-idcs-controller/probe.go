package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/credential-idcs/credential-idcs/internal/config"
)

// unreached is how long the API may not answer. Every replica calls it every few seconds.
const unreached = 15 * time.Second

// listen serves metrics and probes, without any secret, until stop is called.
func (s *server) listen(address string) (stop func(), err error) {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok\n") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if why := s.unready(); why != "" {
			http.Error(w, why, http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, "ok\n")
	})
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, &failure{status: exitFailure, message: "can't listen: " + err.Error(), err: err}
	}
	h := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, IdleTimeout: time.Minute}
	go func() { _ = h.Serve(l) }() // it ends with Shutdown
	return func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = h.Shutdown(ctx)
	}, nil
}

// unready is why this replica couldn't work, leader or not; empty: it could.
func (s *server) unready() string {
	f, err := config.Load(s.file.Path, s.home())
	if err == nil && f.Missing {
		return "the configuration file is gone"
	}
	if err == nil {
		_, err = f.Published()
	}
	if err != nil {
		return "the configuration can't be read: " + err.Error()
	}
	if s.lease.Reached(s.clock()) > unreached {
		return "the API server doesn't answer"
	}
	return ""
}
