module github.com/credential-idcs/credential-idcs

go 1.26.8
