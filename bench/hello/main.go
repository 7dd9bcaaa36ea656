// Command hello is the floor: what a Go program costs that does nothing. All figures of bench are
// divided by it.
package main

import "os"

func main() { _, _ = os.Stdout.WriteString("hello\n") }
