package call

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/config"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// This file and explain_tokens.go are where an error meets the command that mends it. What is below
// states facts and knows no commands.

// ExplainConfig turns what the configuration says into a failure.
func ExplainConfig(err error) error {
	var (
		unlisted *config.UnlistedError
		shared   *config.SharedError
		file     *config.FileError
		profile  *config.ProfileError
	)
	switch {
	case errors.As(err, &profile) && profile.Missing:
		return &helpers.Failure{Class: helpers.Config, Message: err.Error(), Command: "credential-idcs init", Err: err}
	case errors.As(err, &profile) && profile.Name == "" && len(profile.Known) > 0:
		return &helpers.Failure{Class: helpers.Config, Message: err.Error() + "; name one, or set default in " + text.Clean(filepath.Base(profile.Path)), Err: err}
	case errors.As(err, &profile) && len(profile.Known) == 0:
		return &helpers.Failure{Class: helpers.Config, Message: err.Error(), Command: "credential-idcs init", Err: err}
	case errors.As(err, &unlisted):
		return &helpers.Failure{Class: helpers.NotConfigured, Message: err.Error(), Err: err}
	case errors.As(err, &shared):
		return &helpers.Failure{Class: helpers.Profile, Message: err.Error(), Err: err}
	case errors.As(err, &file):
		return &helpers.Failure{Class: helpers.Config, Message: err.Error(), Command: mendFile(file), Err: err}
	}
	f := helpers.AsFailure(err)
	if f.Message != "internal error" {
		return f
	}
	return &helpers.Failure{Class: helpers.Config, Message: err.Error(), Err: err}
}

// Mend is the command that mends a profile's own files; the engine stores it with the failure.
func Mend(p *config.Profile, err error) string {
	if file, ok := errors.AsType[*config.FileError](err); ok {
		return mendFile(file)
	}
	return "credential-idcs doctor " + text.Word(p.Name)
}

// mendFile is the chmod, or nothing where only a person can know.
func mendFile(e *config.FileError) string {
	// In full: the command is typed elsewhere than in the configuration's folder, and between quotes
	// a shell leaves ~/ as it is.
	path := e.Path.Full
	var take fs.FileMode
	switch e.Problem {
	case config.ReadableByOthers:
		return "chmod 600 " + text.Word(path)
	case config.WritableByOthers:
		take = 0o022
	default:
		return ""
	}
	return fmt.Sprintf("chmod %o %s", uint32(e.Mode.Perm()&^take), text.Word(path))
}
