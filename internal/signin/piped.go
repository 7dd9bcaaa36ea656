package signin

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/credential-idcs/credential-idcs/internal/secret"
	"github.com/credential-idcs/credential-idcs/internal/unwrap"
)

// longestInput is how many bytes stdin may have: more than any refresh token.
const longestInput = 1 << 20

// RefreshToken reads a refresh token from all of stdin: bare, or in the file that the Console's "Generate access token"
// saves, {"app_access_token":…,"refresh_token":…}. Its error is a line for people.
// https://docs.oracle.com/en-us/iaas/Content/MyServices/Tasks/usingoauth.htm
func RefreshToken(stdin io.Reader) (secret.Text, error) {
	const what = "the refresh token on stdin "
	b, err := io.ReadAll(io.LimitReader(stdin, longestInput+1))
	if err != nil || len(b) > longestInput {
		return secret.Text{}, errors.New(what + "could not be read")
	}
	s, err := unwrap.Text(b)
	if err != nil {
		return secret.Text{}, fmt.Errorf(what+"%w", err)
	}
	var file struct {
		Refresh string `json:"refresh_token"`
	}
	if strings.HasPrefix(s, "{") {
		if err := json.Unmarshal([]byte(s), &file); err != nil || file.Refresh == "" {
			return secret.Text{}, errors.New(`stdin holds JSON without a "refresh_token"`)
		}
		s = file.Refresh
	}
	switch s, err = unwrap.Token([]byte(s)); err {
	case nil:
		return secret.New(s), nil
	case unwrap.ErrLines, unwrap.ErrBlank:
		return secret.Text{}, errors.New("stdin holds more than one refresh token")
	}
	return secret.Text{}, fmt.Errorf(what+"%w", err)
}
