// Package people has the commands that people type: their options, help and completion, their tables and questions.
//
// A command is a verb (verb.go), and each has a file of its own. app embeds call.App, which has what commands share
// with a call of a helper: the configuration, the messages and the log.
package people
