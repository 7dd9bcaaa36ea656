//go:build windows

package main

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"

	"golang.org/x/sys/windows"
)

// events are what a console tells the programs in it.
var events = map[string]uintptr{
	"Ctrl-C":     windows.CTRL_C_EVENT,
	"Ctrl-Break": windows.CTRL_BREAK_EVENT,
	"close":      windows.CTRL_CLOSE_EVENT,
}

// console is the console of a program. HOLD_CONSOLE is the address of who types: each line names an event, and
// is answered when the program has got it.
func console(program string, args []string) error {
	typist, err := net.Dial("tcp", os.Getenv("HOLD_CONSOLE"))
	if err != nil {
		return err
	}
	cmd := exec.Command(program, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := cmd.Start(); err != nil {
		return err
	}
	go func() {
		lines := bufio.NewScanner(typist)
		for lines.Scan() {
			if err := tell(cmd.Process.Pid, lines.Text(), func() { fmt.Fprintln(typist, "got") }); err != nil {
				fmt.Fprintln(typist, err)
			}
		}
	}()
	err = cmd.Wait()
	fmt.Fprintln(typist, "ended") // Wine may leave the connection open
	return ended(err)
}

// createRemoteThread is kernel32's.
var createRemoteThread = windows.NewLazySystemDLL("kernel32.dll").NewProc("CreateRemoteThread")

// tell does what Windows does when Ctrl-C or Ctrl-Break is typed or a window is closed: it begins a thread in the
// program that runs CtrlRoutine, which asks its handlers. GenerateConsoleCtrlEvent is not for Wine, which ends
// one of the program's threads by Ctrl-Break. Behind a closed window a program is ended when its handler
// returns, at the latest after some seconds: 5 on Windows, more here, where many tests run at once.
func tell(pid int, event string, got func()) error {
	number, ok := events[event]
	if !ok {
		return fmt.Errorf("no event: %q", event)
	}
	routine := windows.NewLazySystemDLL("kernelbase.dll").NewProc("CtrlRoutine")
	if err := routine.Find(); err != nil {
		return err
	}
	const rights = windows.PROCESS_CREATE_THREAD | windows.PROCESS_QUERY_INFORMATION | windows.PROCESS_VM_OPERATION |
		windows.PROCESS_VM_WRITE | windows.PROCESS_VM_READ | windows.PROCESS_TERMINATE | windows.SYNCHRONIZE
	process, err := windows.OpenProcess(rights, false, uint32(pid))
	if err != nil {
		return err
	}
	defer windows.CloseHandle(process)
	thread, _, err := createRemoteThread.Call(uintptr(process), 0, 0, routine.Addr(), number, 0, 0)
	if thread == 0 {
		return err
	}
	defer windows.CloseHandle(windows.Handle(thread))
	// Go's handler of a closed window doesn't return once the program has taken the signal.
	returned, err := windows.WaitForSingleObject(windows.Handle(thread), 500)
	got()
	if err != nil || number != windows.CTRL_CLOSE_EVENT {
		return err
	}
	if returned == uint32(windows.WAIT_TIMEOUT) {
		const patience = 60_000
		_, _ = windows.WaitForSingleObject(process, patience)
	}
	_ = windows.TerminateProcess(process, uint32(windows.STATUS_CONTROL_C_EXIT)) // it may have ended by itself
	return nil
}
