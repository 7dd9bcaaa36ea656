// Package containers holds tests that run the clients of image registries as people run them: they are
// told of our helper by `configure` alone, in credHelpers, and the registry is the one that most others
// are made of, over https, with a token server that takes the domain's access tokens. What the tests
// assert is what a person would notice: it works, it works again after the token has expired, and where
// it can't work it says what to do.
package containers
