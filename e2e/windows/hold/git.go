//go:build windows

package main

import (
	"encoding/json"
	"net"
	"os"
	"strings"
)

// git is a git.exe whose work the machine's own git does, behind HOLD_GIT: there is none for Windows here.
func git() (status int, err error) {
	conn, err := net.Dial("tcp", os.Getenv("HOLD_GIT"))
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	var env []string
	for _, v := range os.Environ() {
		if strings.HasPrefix(v, "GIT_") {
			env = append(env, v)
		}
	}
	dir, err := os.Getwd()
	if err != nil {
		return 0, err
	}
	if err := json.NewEncoder(conn).Encode(map[string]any{"Args": os.Args[1:], "Env": env, "Dir": dir}); err != nil {
		return 0, err
	}
	var said struct {
		Stdout, Stderr []byte
		Status         int
	}
	if err := json.NewDecoder(conn).Decode(&said); err != nil {
		return 0, err
	}
	_, _ = os.Stdout.Write(said.Stdout)
	_, _ = os.Stderr.Write(said.Stderr)
	return said.Status, nil
}
