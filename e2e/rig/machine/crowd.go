//go:build linux

package machine

import "os"

// A Barrier holds processes back until all of them stand at it.
type Barrier struct {
	m         *Machine
	read      *os.File
	write     *os.File
	processes []*Process
}

// Barrier starts the calls as far as a shell that waits on a pipe.
func (m *Machine) Barrier(calls ...Call) *Barrier {
	m.T.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		m.T.Fatalf("%v", err)
	}
	b := &Barrier{m: m, read: r, write: w}
	for _, c := range calls {
		p := m.prepare(c, r)
		if err := p.cmd.Start(); err != nil {
			m.T.Fatalf("%s: %v", c, err)
		}
		b.processes = append(b.processes, p)
	}
	return b
}

// Open lets all of them go: they see the end of the pipe.
func (b *Barrier) Open() {
	_ = b.read.Close()
	_ = b.write.Close()
}

// Wait waits for all of them.
func (b *Barrier) Wait() []Result {
	results := make([]Result, len(b.processes))
	for i, p := range b.processes {
		results[i] = p.Wait()
	}
	return results
}

// Crowd runs the calls all at once.
func (m *Machine) Crowd(calls ...Call) []Result {
	m.T.Helper()
	b := m.Barrier(calls...)
	b.Open()
	return b.Wait()
}
