package cache

import (
	"errors"
	"os"
	"time"

	"github.com/credential-idcs/credential-idcs/internal/share"
)

// waitFree is how long a call waits for a file that another program has open and doesn't share, as a virus scanner
// or a backup may for a moment. That is so on Windows only.
const waitFree = 2 * time.Second

func (d *Dir) openShared(path string) (*os.File, error) { return d.whenFree(path, openShared) }

func (d *Dir) openToWrite(path string) (*os.File, error) { return d.whenFree(path, openToWrite) }

// whenFree opens a file as soon as nobody has it alone. Who has waited in vain once doesn't wait again: a token that
// still lives should not be late by each look at the file.
func (d *Dir) whenFree(path string, open func(string) (*os.File, error)) (*os.File, error) {
	begun := time.Now()
	for wait := time.Millisecond; ; wait = min(2*wait, 50*time.Millisecond) {
		f, err := open(path)
		if !share.Held(err) {
			return f, err
		}
		if time.Since(begun)+wait > d.waits.free {
			d.waits.free = 0
			return nil, err
		}
		time.Sleep(wait)
	}
}

// Held reports that another program has the file open and doesn't share it: later it can be used.
func (e *FolderError) Held() bool { return share.Held(e.Err) }

// errOpenElsewhere is what Windows says in a sentence.
var errOpenElsewhere = errors.New("another program has it open")
