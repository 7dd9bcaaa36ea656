package signin

import (
	"crypto/x509"
	"errors"

	"github.com/credential-idcs/credential-idcs/idcs"
)

// A Setup has the settings of a profile that the domain must have, too.
type Setup struct {
	Login        string // browser, device, assertion, client_credentials, password or refresh_token
	Grant        string // the name of the login's grant in the console: "Authorization code"
	Confidential bool   // the domain refuses that grant to a public client
	Proof        string // secret, key, or empty: a public client
	KeyID        string // the key's alias; empty: it is named by its certificate
	RedirectURL  string
}

// Advice is the setting in the domain's console that an administrator must change after err, one line in the words of
// the console, or the key of the profile that must change; empty if none helps.
//
// https://docs.oracle.com/en-us/iaas/Content/Identity/applications/add-confidential-application.htm
// https://docs.oracle.com/en-us/iaas/Content/Identity/applications/add-mobile-application.htm
func Advice(err error, s Setup) string {
	switch {
	case errors.Is(err, ErrNoRefresh):
		return `in the application tick the grant "Refresh token", and in the resource application "Allow token refresh"`
	case errors.Is(err, ErrNoAnswer):
		return `if the browser showed "invalid_redirect_uri": ` + s.redirect()
	case isUnknown(err):
		return "if it is an authority of your company, name the file with its certificate in ca_file"
	case errors.Is(err, ErrDenied) && (s.Login == "browser" || s.Login == "device"):
		return "if you did not refuse it yourself: add the user, or a group of theirs, to the application's users"
	}
	e, ok := errors.AsType[*idcs.Error](err)
	if !ok {
		return ""
	}
	switch e.Code {
	case "invalid_redirect_uri":
		return s.redirect()
	case "unauthorized_client", "unsupported_grant_type", "unsupported_response_type":
		return s.grant()
	case "invalid_client":
		if e.Clock.Wild && s.Proof == "key" { // the clock is wrong, and the error says so
			return ""
		}
		return s.client()
	case "invalid_scope":
		return `in the application use "Add resources" for the scope, and in the resource application "Add scopes"; one login cannot mix scopes of two resource applications`
	case "invalid_grant":
		return s.assertion()
	case "":
		if e.Status == 401 || e.Status == 403 {
			return `activate the application, and let its "Client IP address" admit this machine`
		}
	}
	return ""
}

// isUnknown reports a domain whose certificate somebody signed whom this machine doesn't trust.
func isUnknown(err error) bool {
	_, ok := errors.AsType[x509.UnknownAuthorityError](err)
	return ok
}

func (s Setup) redirect() string {
	if s.RedirectURL == "" {
		return ""
	}
	return "register the redirect URL " + s.RedirectURL + ` letter by letter, and tick "Allow HTTP URLs" (in a mobile application "Allow non-HTTPS URLs")`
}

func (s Setup) grant() string {
	if s.Grant == "" {
		return ""
	}
	advice := `in the application tick the grant "` + s.Grant + `"`
	if s.Proof == "" && s.Confidential {
		return advice + "; it must be a confidential application, a mobile one has no such grant"
	}
	if s.Login == "assertion" {
		return advice + ", and " + s.certificate()
	}
	return advice
}

func (s Setup) client() string {
	switch {
	case s.Proof == "secret":
		return `activate the application, and copy "Client ID" and "Client secret" from it again`
	case s.Proof == "key":
		return "activate the application, and " + s.certificate()
	}
	return "activate the application; without a secret or a key it must be a mobile application"
}

// certificate is the advice for the key of an assertion.
func (s Setup) certificate() string {
	alias := "and its certificate imported"
	if s.KeyID != "" {
		alias = "and the certificate imported under the alias " + s.KeyID
	}
	return `in its "Client type" have "Trusted" chosen ` + alias + ` ("Import certificate", or Settings > "Trusted partner certificates")`
}

// assertion is the advice for an invalid_grant of a login by assertion.
func (s Setup) assertion() string {
	if s.Login != "assertion" {
		return ""
	}
	return "the user must exist and be one of the application's users; " + s.certificate()
}
