package git

import (
	"context"

	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/secret"
)

// erase prints nothing, since git reports the 401 itself. One case is different: a git that can't send Bearer, at a
// server that accepts nothing else; git would only report that it failed.
func erase(ctx context.Context, call *helpers.Call) error {
	call.Await(awaited)
	req, ok := read(call.Stdin)
	if !ok || req.password.Empty() && req.credential.Empty() {
		return nil
	}
	target, err := helpers.ParseGit(req.protocol, req.host, req.path)
	if err != nil {
		return nil
	}
	source, err := call.Open()
	if err != nil {
		return nil
	}
	query := helpers.Query{Target: target, Profile: call.Profile, Username: req.username}
	why := oldGit(ctx, source, query, req) // before the token is dropped: it is compared
	for _, said := range []secret.Text{req.password, req.credential} {
		if !said.Empty() {
			_ = source.Refused(ctx, query, said)
		}
	}
	return why
}

// oldGit is the message if a server that accepts only Bearer refused our token from a git before 2.46; else nil. Before
// 2.41 git has no wwwauth[], so it isn't known what the server accepts.
func oldGit(ctx context.Context, source helpers.Source, query helpers.Query, req request) error {
	if req.authtype || req.password.Empty() || !req.offers("bearer") || req.offers("basic") {
		return nil
	}
	query.CachedOnly = true
	cred, err := source.Credential(ctx, query)
	if err != nil || cred.Secret.Reveal() != req.password.Reveal() {
		return nil
	}
	return &helpers.Exit{Err: &helpers.Failure{
		Message: query.Target.String() + " refused the token of profile " + cred.Profile + ": it takes Bearer only, which needs git 2.46 or later",
		Command: "git --version",
	}}
}
