// Package ocitest is Oracle's side of what package oci asks, in the test's own process: the token path
// of its registry, the federation endpoint, the metadata service of an instance, the workload endpoint
// of a cluster, and a cluster that judges OKE tokens.
//
// It shares no code with package oci and doesn't import it: it is a second reading of Oracle's pages
// and of Oracle's SDK, which is held against both in e2e/oracle. It is never loosened to let a test
// pass.
//
//	s := ocitest.Start(t, ocitest.Options{})
//	home := s.WriteSession(t.TempDir(), "work")   // ~/.oci as `oci session authenticate` leaves it
//	// profile: proxy = s.ProxyURL(), ca_file = s.CAFile, targets = ["https://iad.ocir.io"]
//
// # Hosts
//
// Oracle's names lead here through a proxy: ProxyURL opens a tunnel to a name that this double serves
// (its regions' auth and OCIR hosts) and refuses every other one, and writes down that it was asked.
// The certificates are for those very names. The metadata service and the workload endpoint are
// reached directly, as on a real machine.
//
// # What is refused
//
// A request whose signature isn't the one of its own request line, headers and body, under a key that
// this double gave a session to or knows as an API key; a parameter of the Authorization header twice,
// missing or unknown; a header that is signed and isn't there, or there twice; a date more than 5
// minutes off; a POST without its three headers signed, or with another body's digest; a federation
// request that signs the host; unknown or doubled members; PEM where DER belongs and the reverse; a
// key below 2048 bits; a metadata request without `Bearer Oracle`, or one that came through a proxy; a
// session that ended; a query, a cookie, a redirect followed. Each refusal is written down with its
// reason (Refusals), and the wire says as little as Oracle does.
//
// `x-date` in place of `date`, and header names in any case, are taken: Oracle's TypeScript client
// sends them.
package ocitest
