// Package idcs is the OAuth client of an Oracle identity domain.
package idcs
