module github.com/credential-idcs/credential-idcs

go 1.26.8

require (
	github.com/docker/docker-credential-helpers v0.9.12 // indirect
	github.com/google/go-cmp v0.7.0 // indirect
	github.com/rogpeppe/go-internal v1.16.0 // indirect
	golang.org/x/tools v0.26.0 // indirect
	k8s.io/client-go v0.37.2 // indirect
)
