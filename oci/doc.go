// Package oci signs as an Oracle Cloud Infrastructure principal and derives from it what helpers hand
// out: a token of the registry OCIR, a token for an OKE cluster. It opens no file, reads no variable
// but by the functions it is given, and keeps nothing between two calls.
//
//	m := &oci.Machine{Read: read, Getenv: os.Getenv, Now: time.Now, Rand: rand.Reader, …}
//	s, err := oci.SessionFile{File: "~/.oci/config", Profile: "work"}.Session(ctx, m)
//	answer, err := m.Registry(ctx, s, "iad.ocir.io")
//	token, err := s.ClusterToken("ocid1.cluster…", s.Region, time.Now()) // no network
//
// # Principals
//
// A Principal is where a signing key and its name come from: SessionFile and APIKey (~/.oci),
// Resource (what a platform puts into the environment), Workload (a pod), Instance (a machine), and
// Exchange (an access token of an identity domain). The last three make a key for the one call and get
// a session for it. Such a session is never stored: what is worth storing is what was derived from it,
// which is of use for one registry, one cluster or one domain.
//
// # Requests
//
// A request goes to a host of ident's closed table, to the metadata service, to the cluster's own
// endpoint by its IP address, or to the profile's domain, at a constant path. Nothing that a server
// said, and no variable, changes where. One connection, one request, no redirect, nothing sent again,
// but for the clock: a refusal whose Date is more than 4 minutes from ours is answered by one more
// signature with the corrected date, since a signature spends nothing. The federation endpoint's
// signature isn't bound to a host, by Oracle's own rule: its URL comes from the table alone.
//
// # Why not Oracle's SDK
//
// It was measured, and is the oracle of the tests (e2e/oracle). It sends a refused request three
// times, waits two minutes for a metadata service that isn't there and for ever for one that is
// silent, takes realms, endpoints and certificates from fifty variables, sends the instance's private
// key through HTTP_PROXY, quotes tokens in its errors, and initialises for as long as a whole cached
// call of this program takes.
//
// # What Oracle does not say
//
// Built from Oracle's documents and code, and not tried on the real service: whether OCIR takes the
// sessions of every principal, how long its tokens live, how long a session can be renewed, and
// whether renewing ends the old token.
package oci
