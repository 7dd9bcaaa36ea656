//go:build !linux

package cache

import "time"

// keyStore: nobody has run one elsewhere yet.
func keyStore(string, time.Duration, KeyStore) KeyStore { return nil }

func bootID() string        { return "" }
func userNamespace() string { return "" }
