package cargo

import (
	"strings"

	"github.com/credential-idcs/credential-idcs/helpers"
)

// version is the only version of the protocol so far.
const version = 1

// hello is our first line.
type hello struct {
	V []int `json:"v"`
}

// granted is the answer with a token.
type granted struct{ Ok token }

type token struct {
	Kind                 string `json:"kind"`
	Token                string `json:"token"` // the value of the Authorization header
	Cache                string `json:"cache"`
	Expiration           int64  `json:"expiration"` // Unix seconds
	OperationIndependent bool   `json:"operation_independent"`
}

// refused is the answer without one.
type refused struct{ Err refusal }

type refusal struct {
	Kind    string `json:"kind"`
	Message string `json:"message,omitempty"`
}

// notOurs makes cargo ask its next provider.
var notOurs = refused{Err: refusal{Kind: "url-not-supported"}}

// other is an answer with the failure's own message.
func other(err error) refused {
	return refused{Err: refusal{Kind: "other", Message: strings.TrimSuffix(helpers.AsFailure(err).Line(), "\n")}}
}
