package git

import (
	"strconv"

	"github.com/credential-idcs/credential-idcs/helpers"
)

// answer is the credential as git reads it: a user name and a password, or, if req.bearer, a header. git passes the
// header back with erase only if we print capability[]=authtype. comeBack: see heal.go.
func answer(req request, cred helpers.Credential, comeBack bool) []byte {
	token := cred.Secret.Reveal()
	b := make([]byte, 0, len(token)+len(cred.Username)+256)
	line := func(key, value string) {
		b = append(b, key...)
		b = append(b, '=')
		b = append(b, value...)
		b = append(b, '\n')
	}
	if req.authtype {
		line("capability[]", "authtype")
	}
	if comeBack {
		line("capability[]", "state")
	}
	if req.bearer(cred.Scheme) {
		line("authtype", "Bearer")
		line("credential", token)
		line("ephemeral", "1")
	} else {
		if req.authtype {
			line("ephemeral", "1") // so that git's own cache doesn't store it
		}
		line("username", cred.Username)
		line("password", token)
	}
	line("password_expiry_utc", strconv.FormatInt(cred.Expiry.Unix(), 10))
	if comeBack {
		line("state[]", statePrefix+cred.Secret.Fingerprint())
		line("continue", "1")
	}
	return b
}
