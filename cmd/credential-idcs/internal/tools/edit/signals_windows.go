package edit

import "os"

var ending = []os.Signal{os.Interrupt}

// endBy ends the process as Ctrl-C does.
func endBy(os.Signal) { os.Exit(0xC000013A - 1<<32) }
