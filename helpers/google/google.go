// Package google is an executable-sourced credential of Google's client libraries: `credential-idcs
// google --profile NAME`, for workforce and workload identity federation.
//
// A library that finds credential_source.executable.command in a credential configuration starts it
// if GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES=1 is set, reads one JSON object and sends the ID token
// in it to Google's token exchange. Facts:
// https://cloud.google.com/nodejs/docs/reference/google-auth-library/latest/google-auth-library/pluggableauthclient,
// google/auth/pluggable.py of https://github.com/googleapis/google-auth-library-python.
//
// # Failures
//
// The exit status is always 0, for the libraries drop the text of a program that fails. stderr is
// always empty: google-auth for Python joins it to stdout before it reads the JSON.
//
// # Where the token goes
//
// The libraries say what audience they want, but not where they send the token, and a configuration
// may name any token_url. So the profile must list the one address that Google documents. The
// variable that names a file for the answer is refused: the environment shall not make us or the
// library's next start put a token into a file that it names.
package google

import (
	"context"
	"strings"

	"github.com/credential-idcs/credential-idcs/helpers"
)

// words are how it is run.
const words = "credential-idcs google --profile NAME"

// Helper is Google's row in the program's table.
var Helper = helpers.Helper{
	Name:   "google",
	About:  "answer Google's client libraries (executable-sourced credentials)",
	Usage:  words,
	Silent: true,
	Run:    run,
}

const (
	exchange = "https://sts.googleapis.com"
	idToken  = "urn:ietf:params:oauth:token-type:id_token"
	jwt      = "urn:ietf:params:oauth:token-type:jwt"

	typeVariable   = "GOOGLE_EXTERNAL_ACCOUNT_TOKEN_TYPE"
	outputVariable = "GOOGLE_EXTERNAL_ACCOUNT_OUTPUT_FILE"
)

func run(ctx context.Context, call *helpers.Call) error {
	var v any
	cred, err := credential(ctx, call)
	if err != nil {
		v = refusal{Version: 1, Code: code(err), Message: strings.TrimSuffix(helpers.AsFailure(err).Line(), "\n")}
	} else {
		v = answer{Version: 1, Success: true, TokenType: idToken, IDToken: cred.Secret.Reveal(), ExpirationTime: cred.Expiry.Unix()}
	}
	if call.PrintJSON(v) != nil {
		return &helpers.Exit{Status: 1} // nobody reads stdout, and stderr stays empty
	}
	return nil
}

func credential(ctx context.Context, call *helpers.Call) (helpers.Credential, error) {
	var none helpers.Credential
	if len(call.Args) > 0 {
		return none, &helpers.Failure{Class: helpers.Usage, Message: "usage: " + words}
	}
	switch call.Getenv(typeVariable) {
	case "", idToken, jwt:
	default:
		return none, &helpers.Failure{Class: helpers.Malformed, Message: typeVariable + " is not " + idToken + " or " + jwt}
	}
	if call.Getenv(outputVariable) != "" {
		return none, &helpers.Failure{Class: helpers.Malformed, Message: outputVariable + " is set, but no token goes to a file (remove output_file from the credential configuration)"}
	}
	target, err := helpers.ParseTarget(exchange)
	if err != nil {
		return none, err
	}
	source, err := call.Open()
	if err != nil {
		return none, err
	}
	cred, err := source.Credential(ctx, helpers.Query{Target: target, Profile: call.Profile, Kind: helpers.ID})
	if err != nil {
		return none, err
	}
	return cred, cred.Check(0)
}

// code is what the libraries show beside the message, in HTTP's numbers.
func code(err error) string {
	switch helpers.AsFailure(err).Class {
	case helpers.LoginNeeded:
		return "401"
	case helpers.Temporary:
		return "503"
	}
	return "500"
}

// An answer is the response of an executable that has a token.
type answer struct {
	Version        int    `json:"version"`
	Success        bool   `json:"success"`
	TokenType      string `json:"token_type"`
	IDToken        string `json:"id_token"`
	ExpirationTime int64  `json:"expiration_time"` // Unix seconds
}

// A refusal is the response of one that has none.
type refusal struct {
	Version int    `json:"version"`
	Success bool   `json:"success"` // false
	Code    string `json:"code"`
	Message string `json:"message"` // one line, with the command that mends it
}
