// Package policy is the arithmetic of renewal: when a token is due, and how long a machine keeps quiet
// after a failure. It has no clock, no files and no dice of its own, so that the cache and the
// simulation of a whole herd of machines (bench/herd) go by the same numbers.
//
// # Zones
//
// A token is fresh, then early, then hard, then expired. Early begins so long before the end that a
// domain which is down is noticed in time, and at a random moment, so that machines that logged in
// together don't refresh together.
//
// # Pauses
//
// A failure begins a pause that all processes of a machine keep. It doubles with each failure in a row
// and is random down to its half, except where the domain itself said how long.
package policy
