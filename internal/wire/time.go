package wire

import (
	"crypto/x509"
	"errors"
	"time"
)

// A TimeError is a certificate that isn't valid at this machine's time. The clock may be wrong, or the certificate
// may be an old one.
type TimeError struct {
	Early       bool // the certificate isn't valid yet, so the clock is wrong
	Now         time.Time
	From, Until time.Time
	Err         error
}

func (e *TimeError) Error() string {
	const form = "2006-01-02 15:04"
	said := "its certificate has expired by this machine's clock (" + e.Now.Local().Format(form) + ", valid until " + e.Until.Local().Format(form) + ")"
	if e.Early {
		said = "its certificate isn't valid yet by this machine's clock (" + e.Now.Local().Format(form) + ", valid from " + e.From.Local().Format(form) + ")"
	}
	return said
}

func (e *TimeError) Unwrap() error { return e.Err }

// timeError is err as a TimeError, if it is one. In a chain it is about the certificate that isn't valid.
func (w *Way) timeError(err error) (*TimeError, bool) {
	invalid, ok := errors.AsType[x509.CertificateInvalidError](err)
	if !ok || invalid.Reason != x509.Expired || invalid.Cert == nil {
		return nil, false
	}
	now := time.Now()
	if w.Now != nil {
		now = w.Now()
	}
	c := invalid.Cert
	if !now.Before(c.NotBefore) && !now.After(c.NotAfter) { // the system's own verifier returns the first of the chain
		return nil, false
	}
	return &TimeError{Early: now.Before(c.NotBefore), Now: now, From: c.NotBefore, Until: c.NotAfter, Err: err}, true
}
