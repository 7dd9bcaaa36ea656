// Package provider logs in at an OpenID provider that somebody else wrote; see e2e/rig/provider.
package provider
