// Package cluster runs a Kubernetes API server for tests: kube-apiserver as it is released, on etcd, and
// nothing behind it. It knows whom a token names and what they may do, and keeps objects; no pod runs.
//
//	c := cluster.New(t, domain.CA) // etcd runs, and the API server has an address
//	// c.URL is a target of the profile now, and `credential-idcs configure kubectl` prints its document
//	c.Serve(document)              // the API server runs
//	c.Create("/api/v1/namespaces", `{…}`)
//
// All of it ends with the test, by process number, and if the test binary is killed the kernel ends it.
// It needs etcd (Debian's etcd-server) and kube-apiserver, which .ci/tools builds.
package cluster
