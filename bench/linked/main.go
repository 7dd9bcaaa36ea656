// Command linked links net/http and does nothing: what a program with a network client costs before its
// first own instruction.
package main

import (
	_ "net/http"
	"os"
)

func main() { _, _ = os.Stdout.WriteString("linked\n") }
