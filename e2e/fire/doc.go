// Package fire holds the program to its promises where it is hardest: crowds of processes, kills at
// every step, full disks, broken domains, odd surroundings. It has tests only.
//
// Each test is a row of a table of what can happen. The processes are real ones of the built
// program, the domain is package idcstest in the test's own process, which also watches the rules
// that no single answer shows: that no refresh token is presented twice, above all.
//
// A test that must hit an exact place doesn't sleep: it stops the request at a gate of the domain, or
// names the system call and the path to strace. Bounds in seconds are checked at three times their
// value, and counts and exit statuses are what tests assert.
//
// CREDENTIAL_IDCS_REPEAT=N multiplies the repetitions of what can only be shown by repeating; with 10
// there are 1,000 kills at random and 50 crowds of 64.
package fire
