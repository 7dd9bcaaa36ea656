// Package oci signs as an Oracle Cloud Infrastructure principal, and so gets a token of the registry OCIR or makes a token
// for an OKE cluster. It reads files and variables only by the functions of a Machine, and stores nothing between two calls.
//
//	m := &oci.Machine{Read: read, Getenv: os.Getenv, Now: time.Now, Rand: rand.Reader, …}
//	s, err := oci.SessionFile{File: "~/.oci/config", Profile: "work"}.Session(ctx, m)
//	answer, err := m.Registry(ctx, s, "iad.ocir.io")
//	token, err := s.ClusterToken("ocid1.cluster…", s.Region, time.Now()) // no network
//
// # Principals
//
// A principal is where a signing key and its ID come from: SessionFile and APIKey (~/.oci), Resource (the environment of a
// function), Workload (a pod), Instance (a machine), and Exchange (an access token of an identity domain). The last three
// make a key for this call and get a session for it. Such a session is never stored; only the credential that was derived
// from it is, which is for one registry, one cluster or one domain.
//
// # Requests
//
// A request goes to a host of ident's table, to the metadata service, to the cluster's own endpoint by its IP address, or
// to the profile's domain, always at a constant path. No answer and no variable changes that. One connection has one
// request, redirects aren't followed, and nothing is sent again, with one exception: after a refusal whose Date is more
// than 4 minutes from our clock, the request is signed once more with the corrected date, since a signature spends nothing.
// By Oracle's own rule the signature for the federation endpoint doesn't include the host, so its URL comes only from the
// table.
//
// # Why not Oracle's SDK
//
// The tests compare this package with it (e2e/oracle). It sends a refused request three times, waits two minutes for a
// metadata service that doesn't exist and without end for one that doesn't answer, takes realms, endpoints and certificates
// from fifty variables, sends the instance's private key through HTTP_PROXY, quotes tokens in its errors, and its
// initialisation takes as long as a whole cached call of this program.
//
// # What Oracle does not document
//
// This is built from Oracle's documents and code, and not tried with the real service: whether OCIR accepts the sessions of
// every principal, how long its tokens live, how long a session can be renewed, and whether a renewal ends the old token.
package oci
