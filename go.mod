module github.com/credential-idcs/credential-idcs

go 1.26.0

// The program.
require (
	github.com/gofrs/flock v0.13.2
	github.com/golang-jwt/jwt/v5 v5.3.1
	golang.org/x/sys v0.49.0
)

// Its tests.
require (
	github.com/docker/docker-credential-helpers v0.9.12
	github.com/google/go-cmp v0.7.0
	github.com/rogpeppe/go-internal v1.16.0
)

require golang.org/x/tools v0.49.0 // indirect
