//go:build windows

// Hold stands in for other programs on Windows, in the tests:
//
//	hold open SHARE FILE   has a file open and shares nothing, reading, writing or deletion of it
//	hold scan SHARE FOLDER   has each file that is new in a folder open for a moment, as a virus scanner does
//	hold lock FILE   locks all of a file
//	hold run PROGRAM ARGS…   runs a program with HOLD_HOME as the person's folder, where Wine has its own
//	hold console PROGRAM ARGS…   runs a program and tells it what comes from HOLD_CONSOLE
//
// As git.exe it is git, and under any other name a tool that is only there. The first three print "held", and let go when stdin ends.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"golang.org/x/sys/windows"
)

func main() {
	if name := filepath.Base(os.Args[0]); name == "git.exe" || name == "git" {
		status, err := git()
		if err != nil {
			fmt.Fprintln(os.Stderr, "hold:", err)
			status = 99
		}
		os.Exit(status)
	}
	if len(os.Args) < 3 || filepath.Base(os.Args[0]) != "hold.exe" {
		os.Exit(1) // another tool, which is only there
	}
	var err error
	switch os.Args[1] {
	case "open":
		err = hold(os.Args[3], windows.GENERIC_READ, shares[os.Args[2]], false)
	case "scan":
		err = scan(os.Args[3], shares[os.Args[2]])
	case "run":
		err = run(os.Args[2], os.Args[3:])
	case "console":
		err = console(os.Args[2], os.Args[3:])
	case "lock":
		err = hold(os.Args[2], windows.GENERIC_READ|windows.GENERIC_WRITE, shares["deletion"], true)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "hold:", err)
		os.Exit(99)
	}
}

func run(program string, args []string) error {
	home := `Z:` + filepath.FromSlash(os.Getenv("HOLD_HOME")) // Wine has a HOME of its own
	for name, folder := range map[string]string{"USERPROFILE": "", "APPDATA": `AppData\Roaming`, "LOCALAPPDATA": `AppData\Local`, "TMP": `AppData\Local\Temp`, "HOME": ""} {
		if err := os.MkdirAll(filepath.Join(home, folder), 0o700); err != nil {
			return err
		}
		if err := os.Setenv(name, filepath.Join(home, folder)); err != nil {
			return err
		}
	}
	cmd := exec.Command(program, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	return ended(cmd.Run())
}

// ended ends with the program's own status.
func ended(err error) error {
	if exit := new(exec.ExitError); errors.As(err, &exit) {
		os.Exit(exit.ExitCode())
	}
	return err
}

func hold(path string, access, share uint32, lock bool) error {
	h, err := open(path, access, share)
	if err != nil {
		return err
	}
	if lock {
		const all = ^uint32(0)
		if err := windows.LockFileEx(h, windows.LOCKFILE_EXCLUSIVE_LOCK, 0, all, all, new(windows.Overlapped)); err != nil {
			return err
		}
	}
	fmt.Println("held")
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}
