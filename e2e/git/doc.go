// Package git holds tests that run gits and git-lfs as people run them, with our helper behind them
// and real servers before them. What they assert is what a person would notice: it works, it works again
// after the token has expired, and where it can't work it says what to do.
package git
