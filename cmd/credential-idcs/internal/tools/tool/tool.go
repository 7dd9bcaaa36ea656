// Package tool has what the tools share. A Tool plans how its configuration files are changed by configure and by
// unconfigure, and checks them for doctor. Each tool is a folder beside this one, with one parser of its files for all three.
//
// # Plan, show, apply
//
// Plan and Undo return a Plan, which has the bytes of each file before and after. Nothing is written until Apply; a dry run
// prints Diff instead. A Plan without changes means that nothing has to be done: running configure again changes nothing.
//
// # What stays
//
// The files belong to a person: they have passwords, comments and an order that somebody chose. So no file is decoded and
// printed again. A parser finds where our few bytes belong (package edit), and all other bytes stay; git's section is made
// by git itself, at the end of the file. A file that can't be edited like this is refused, and the fragment to paste is
// printed instead. unconfigure removes exactly the bytes that were added: a file that didn't exist is removed, and an
// object that was empty is empty again.
package tool

import "context"

// A Tool is a program whose configuration is changed and checked here.
type Tool interface {
	// Plan plans to set the tool up. The error is a *helpers.Failure.
	Plan(context.Context, Env, Request) (Plan, error)
	// Undo plans to remove what Plan adds. The error is a *helpers.Failure.
	Undo(context.Context, Env, Request) (Plan, error)
	// Look reports what the tool is set to, and what is wrong with it.
	Look(context.Context, *Survey)
}
