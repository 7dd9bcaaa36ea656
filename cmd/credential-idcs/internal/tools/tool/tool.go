// Package tool is what a tool is to configure, unconfigure and doctor: a Tool plans the edit of its own
// configuration files, plans the way back, and looks at what the files say now. Each tool is a folder
// beside this one, and has one reading of its files for all three.
//
// # Plan, show, apply
//
// Plan and Undo return a Plan, which holds the bytes of each file before and after. Nothing is written
// until Apply; a dry run prints Diff instead. A Plan without changes means that there is nothing to do:
// configuring twice changes nothing.
//
// # What stays
//
// These files are other people's: they hold passwords, comments and an order that somebody chose.
// So none of them is decoded and printed again. A parser finds the place at which our few bytes belong
// (package edit), and all other bytes stay; git's text is made by git itself and is a section of its own
// at the end. What can't be edited so is refused: the fragment to paste is printed instead. Taking back
// removes what was added and nothing else, down to the byte: a file that was missing goes, and an
// object that was empty is left empty as it was.
package tool

import "context"

// A Tool is a program whose configuration is edited and looked at here.
type Tool interface {
	// Plan is for setting it up.
	Plan(context.Context, Env, Request) (Plan, error)
	// Undo is for removing what Plan wrote.
	Undo(context.Context, Env, Request) (Plan, error)
	// Look reports what the tool is set to, and what is wrong with it.
	Look(context.Context, *Survey)
}
