// Package fleet runs credential-idcs-controller against a real API server with its etcd, and a strict
// identity domain: what it prints is applied, its replicas are processes with the rights of their account,
// and they are killed, stopped and cut off at exact places.
package fleet
