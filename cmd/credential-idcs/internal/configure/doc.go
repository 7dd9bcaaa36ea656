// Package configure sets git, docker, kubectl and others up to ask credential-idcs, by editing the
// configuration files that belong to them, and takes the same back. Tools is the table of them.
//
// # Plan, show, apply
//
// Git, Docker and so on, and UndoGit and its like, return a Plan, which holds the bytes of each file
// before and after. Nothing is written until Apply; a dry run prints Diff instead. A Plan without
// changes means that there is nothing to do: configuring twice is configuring once. So doctor asks for
// the same plans, and needs to know nothing of these tools itself.
//
// # What stays
//
// These files are other people's: they hold passwords, comments and an order that somebody chose.
// So none of them is decoded and printed again. JSON, YAML and TOML are scanned for the place at which
// our few bytes belong, and all other bytes stay; git's text is made by git itself and stands in a
// section of its own at the end; what is made of lines gets whole lines, at the end or below a header.
// Whatever an editor here doesn't understand whole, it refuses: the fragment to paste is handed out
// instead. Taking back removes what was added and nothing else, down to the byte: a file that was
// missing goes, and an object that was empty is left empty as it was.
//
// # How files are replaced
//
// Temporary file in the same folder, the mode and owner of the old one, sync, rename, sync of the
// folder. Links are followed, so dotfiles kept in a repository stay links. Just before the rename
// the file is read again: if it isn't what the plan was made from, nothing is written. git and
// kubectl lock their files by a file beside them; so do we. The others have no lock, so an edit
// of theirs in the instant between that second look and the rename would be lost; a backup would close it
// no better, and would double the passwords.
//
// # Why no YAML library
//
// Whatever is linked is initialised on every start of the program, of which there are several for
// each git fetch, and a YAML library costs a fifth of a start. No library keeps bytes either. The
// tests do hold the editor against one, and against client-go's own loader.
package configure
