//go:build windows

package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sys/windows"
)

// shares are what a program may share of the files that it has open.
var shares = map[string]uint32{
	"nothing":  0,
	"reading":  windows.FILE_SHARE_READ,
	"writing":  windows.FILE_SHARE_READ | windows.FILE_SHARE_WRITE,
	"deletion": windows.FILE_SHARE_READ | windows.FILE_SHARE_WRITE | windows.FILE_SHARE_DELETE,
}

func open(path string, access, share uint32) (windows.Handle, error) {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return 0, err
	}
	return windows.CreateFile(name, access, share, nil, windows.OPEN_EXISTING, 0, 0)
}

// scan opens each file of a folder that is new or was changed, for 50 to 300 ms. In the end it prints how many that
// were.
func scan(dir string, share uint32) error {
	done := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		close(done)
	}()
	fmt.Println("held")
	seen := map[string]string{}
	var scans sync.WaitGroup
	n := 0
	for {
		select {
		case <-done:
			scans.Wait()
			fmt.Println("scanned", n)
			return nil
		case <-time.After(2 * time.Millisecond):
		}
		entries, err := os.ReadDir(dir)
		if err != nil {
			return err
		}
		for _, e := range entries {
			fi, err := e.Info()
			if err != nil {
				continue // gone by now
			}
			is := fmt.Sprint(fi.ModTime(), fi.Size())
			if seen[e.Name()] == is {
				continue
			}
			h, err := open(filepath.Join(dir, e.Name()), windows.GENERIC_READ, share)
			if err != nil {
				continue // its writer has it
			}
			seen[e.Name()] = is
			n++
			scans.Go(func() {
				time.Sleep(50*time.Millisecond + rand.N(250*time.Millisecond))
				_ = windows.CloseHandle(h)
			})
		}
	}
}
