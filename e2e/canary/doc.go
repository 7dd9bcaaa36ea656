// Package canary runs every command and helper with all debugging on and then looks for each secret
// in everything that was written: stdout, stderr, the log, all files, and the arguments of all
// processes that ran meanwhile. All secrets are random, and so they are found by what they are, in
// whatever coding they come.
package canary
