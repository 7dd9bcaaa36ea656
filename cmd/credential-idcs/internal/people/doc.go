// Package people is the commands that people type: their flags, help and completion, their tables and
// questions.
//
// A command is a verb (command.go), and verbs are listed once, in the order of a first day. Each has a file
// of its own. What they share with a call of a helper, the configuration, the messages and the log, is
// call.App, which app embeds.
package people
