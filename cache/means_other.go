//go:build !linux

package cache

import "os"

// gather gets what the window between sending and saving needs while nothing has been sent: here the
// descriptors, which are held until release is called.
func gather(dir string) (release func(), err error) {
	var spare []*os.File
	release = func() {
		for _, f := range spare {
			_ = f.Close()
		}
	}
	for range 4 {
		f, err := os.Open(dir)
		if err != nil {
			release()
			return nil, &MeansError{Problem: "can't open the files that it needs (ulimit -n)", Err: err}
		}
		spare = append(spare, f)
	}
	return release, nil
}
