package git

import (
	"context"

	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/secret"
)

// erase says nothing, whatever happens: git is about to report the 401 itself.
func erase(ctx context.Context, call *helpers.Call) {
	call.Await(awaited)
	req, ok := read(call.Stdin)
	if !ok || req.password.Empty() && req.credential.Empty() {
		return
	}
	target, err := helpers.ParseGit(req.protocol, req.host, req.path)
	if err != nil {
		return
	}
	source, err := call.Open()
	if err != nil {
		return
	}
	query := helpers.Query{Target: target, Profile: call.Profile, Username: req.username}
	for _, said := range []secret.Text{req.password, req.credential} {
		if !said.Empty() {
			_ = source.Refused(ctx, query, said)
		}
	}
}
