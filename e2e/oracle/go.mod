// Oracle's SDK judges package oci and its double. It is a module of its own, so that nothing of it is
// ever linked: e2e runs its tests.
module github.com/credential-idcs/credential-idcs/e2e/oracle

go 1.26.0

require (
	github.com/credential-idcs/credential-idcs v0.0.0
	github.com/oracle/oci-go-sdk/v65 v65.130.0
)

require (
	github.com/gofrs/flock v0.13.2 // indirect
	github.com/golang-jwt/jwt/v5 v5.3.1 // indirect
	github.com/sony/gobreaker/v2 v2.4.0 // indirect
	github.com/youmark/pkcs8 v0.0.0-20240726163527-a2c0da244d78 // indirect
	golang.org/x/crypto v0.56.0 // indirect
	golang.org/x/net v0.58.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
)

replace github.com/credential-idcs/credential-idcs => ../..
