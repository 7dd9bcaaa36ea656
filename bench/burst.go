package main

import (
	"sync"
	"time"

	"github.com/credential-idcs/credential-idcs/bench/lab"
)

// crowd is how many ask at once.
const crowd = 64

// bursts measures many calls at the same moment, until the last has ended: with a fresh token, and with one
// that has just expired.
func (b *bench) bursts() error {
	l, err := b.lab(lab.Options{})
	if err != nil {
		return err
	}
	defer l.Close()
	tasks := []struct {
		what string
		lab.Task
	}{
		{"a program that links net/http and does nothing", l.Linked()},
		{"`version` of this program", l.Version()},
		{"`git-credential-idcs get`", l.GitGet()},
	}
	walls := make([][]float64, len(tasks))
	for round := range max(3, b.rounds/8) {
		for _, n := range order(round, len(tasks)) {
			took, err := b.atOnce(l, tasks[n].Task, crowd)
			if err != nil {
				return err
			}
			walls[n] = append(walls[n], ms(took))
		}
	}
	b.printf("| %d at once, until the last has ended | wall ms |\n|---|---|", crowd)
	figures := map[string]float64{}
	for i, t := range tasks {
		figures[t.Name] = median(walls[i])
		b.printf("| %s | %.0f |", t.what, figures[t.Name])
	}
	if err := b.expiry(median(walls[len(walls)-1]), figures); err != nil {
		return err
	}
	b.printf("")
	b.figures["burst"] = figures
	return nil
}

// atOnce runs a task many times at the same moment, until the last has ended.
func (b *bench) atOnce(l *lab.Lab, t lab.Task, n int) (time.Duration, error) {
	if err := b.ctx.Err(); err != nil {
		return 0, err
	}
	var wg sync.WaitGroup
	errs := make(chan error, n)
	begun := time.Now()
	for range n {
		wg.Go(func() {
			if _, err := l.Run(t); err != nil {
				errs <- err
			}
		})
	}
	wg.Wait()
	took := time.Since(begun)
	select {
	case err := <-errs:
		return 0, err
	default:
		return took, nil
	}
}

// poll is the longest that one who waits for the lock sleeps between two looks (cache/lock.go).
const poll = 100 // ms

// expiry measures a crowd whose token has just died: one of them refreshes. fresh is what the same crowd takes
// with a fresh token, ms.
func (b *bench) expiry(fresh float64, figures map[string]float64) error {
	const life = 4 * time.Second
	l, err := b.lab(lab.Options{Life: life})
	if err != nil {
		return err
	}
	defer l.Close()
	var walls, singles []float64
	rounds := max(3, b.rounds/40)
	before := l.Domain.Posts("refresh_token")
	for range rounds {
		for _, n := range []int{1, crowd} {
			b.sleep(life)
			took, err := b.atOnce(l, l.GitGet(), n)
			if err != nil {
				return err
			}
			if n == 1 {
				singles = append(singles, ms(took))
			} else {
				walls = append(walls, ms(took))
			}
		}
	}
	requests := float64(l.Domain.Posts("refresh_token")-before) / float64(2*rounds)
	wall, single := median(walls), median(singles)
	bound := single + fresh + poll
	figures["expired"], figures["expired, one"], figures["expired, expected"], figures["requests"] = wall, single, bound, requests
	b.printf("| the same, and the token has just expired: %.2g request to the domain | %.0f |", requests, wall)
	b.printf("| what that may take: one such call alone (%.0f), the fresh answers, and one look of those who wait (%d) | %.0f |", single, poll, bound)
	return nil
}
