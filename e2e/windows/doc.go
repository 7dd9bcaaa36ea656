// Package windows runs the Windows program under Wine, as git, docker and kubectl start it there, and
// the unit tests of the packages too. Wine shows what files, locks, processes and variables do on
// Windows. It shows no access lists, and has texts of its own for sockets.
package windows
