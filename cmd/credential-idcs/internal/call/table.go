package call

import (
	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/helpers/bazel"
	"github.com/credential-idcs/credential-idcs/helpers/cargo"
	"github.com/credential-idcs/credential-idcs/helpers/docker"
	"github.com/credential-idcs/credential-idcs/helpers/git"
	"github.com/credential-idcs/credential-idcs/helpers/goauth"
	"github.com/credential-idcs/credential-idcs/helpers/google"
	"github.com/credential-idcs/credential-idcs/helpers/keyring"
	"github.com/credential-idcs/credential-idcs/helpers/kubectl"
	"github.com/credential-idcs/credential-idcs/helpers/kubelet"
	"github.com/credential-idcs/credential-idcs/helpers/pnpm"
	"github.com/credential-idcs/credential-idcs/helpers/terraform"
)

// Helpers are the protocols that the program speaks.
var Helpers = []*helpers.Helper{
	&git.Helper,
	&docker.Helper,
	&kubectl.Helper,
	&goauth.Helper,
	&bazel.Helper,
	&cargo.Helper,
	&terraform.Helper,
	&kubelet.Helper,
	&keyring.Helper,
	&pnpm.Helper,
	&google.Helper,
}
