package idcs

import (
	"encoding/json"

	"github.com/credential-idcs/credential-idcs/internal/text"
)

// Subject is the user that a JWT says it is for (`sub`), cleaned. Like IssuedFor it is to be shown, and
// not to be relied on. Empty where the token doesn't say.
func Subject(token string) string {
	payload, _ := jwtPayload(token)
	var claims struct{ Sub any }
	_ = json.Unmarshal(payload, &claims)
	return text.Clean(textOf(claims.Sub))
}
