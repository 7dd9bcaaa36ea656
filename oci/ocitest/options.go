package ocitest

import (
	"net/http"
	"time"

	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// Options set up a double. The zero Options are one region (us-ashburn-1) with all its services.
type Options struct {
	// Authority signs the certificates of Oracle's names; nil: one of its own.
	Authority *idcstest.CA

	Dir   string           // where ca.pem is written (Server.CAFile); "": nowhere
	Clock func() time.Time // nil: time.Now

	Region string // "": us-ashburn-1
	// Hosts are further names that the proxy leads here, beside the region's own.
	Hosts []string

	SessionTTL  time.Duration // of every session; 0: an hour
	RegistryTTL time.Duration // of a registry token; 0: an hour
	// NoExpiresIn leaves expires_in out of a registry's answer, Opaque makes its token no JWT.
	NoExpiresIn, Opaque bool
	// QuotedJWK writes the session's key into its token as a JSON string, as some issuers do.
	QuotedJWK bool
	// BasicCluster is a cluster without workload identity: 403.
	BasicCluster bool
	// RenewEnds ends the token that a renewal was asked with.
	RenewEnds bool
	// Renewable is how long after its first token a session can be renewed; 0: for ever.
	Renewable time.Duration

	// Pod is where the workload endpoint listens, HOST:PORT; "": a free port of 127.0.0.1. Oracle's SDK
	// knows no port but 12250.
	Pod string

	// Metadata is the Host by which the metadata service is asked; "": where it listens.
	Metadata string

	// Registry answers what lies below /v2/ to those who have a token; nil: an empty 200.
	Registry http.Handler
}

func (o Options) withDefaults() Options {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Region == "" {
		o.Region = "us-ashburn-1"
	}
	if o.Pod == "" {
		o.Pod = "127.0.0.1:0"
	}
	if o.SessionTTL == 0 {
		o.SessionTTL = time.Hour
	}
	if o.RegistryTTL == 0 {
		o.RegistryTTL = time.Hour
	}
	return o
}
