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
// The exit status is always 0, since the libraries ignore the output of a program that fails. stderr is always empty:
// google-auth for Python appends it to stdout before it reads the JSON.
//
// # Where the token goes
//
// The libraries tell the audience, but not the address to which they send the token, and a configuration may have any
// token_url. So the profile must have the one address that Google documents as a target. A call with the variable for an
// output file is refused: the environment must not choose a file into which a token is written.
package google

import (
	"context"
	"strings"

	"github.com/credential-idcs/credential-idcs/helpers"
)

// usageLine is how it is run.
const usageLine = "credential-idcs google --profile NAME"

// Helper is Google's row in the program's table.
var Helper = helpers.Helper{
	Name:   "google",
	About:  "answer Google's client libraries (executable-sourced credentials)",
	Usage:  usageLine,
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
		return &helpers.Exit{Status: 1} // stdout has no reader, and stderr stays empty
	}
	return nil
}

func credential(ctx context.Context, call *helpers.Call) (helpers.Credential, error) {
	var none helpers.Credential
	if len(call.Args) > 0 {
		return none, &helpers.Failure{Class: helpers.Usage, Message: "usage: " + usageLine}
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
	return helpers.Fetch(ctx, source, helpers.Query{Target: target, Profile: call.Profile, Kind: helpers.ID})
}

// code is the number that the libraries show beside the message: an HTTP status.
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
