package main

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/credential-idcs/credential-idcs/bench/lab"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// crowd is how many ask at once.
const crowd = 64

// crowds measures many calls at once, and calls beside a refresh that hangs.
func (b *bench) crowds() error {
	l, err := b.lab(lab.Options{})
	if err != nil {
		return err
	}
	defer l.Close()
	rounds := max(3, b.rounds/8)
	figures := map[string]float64{}
	b.printf("| what was run | wall ms |\n|---|---|")
	tasks := []struct {
		what string
		task lab.Task
	}{
		{"64 at once, a program that links net/http and does nothing, until the last has ended", l.Linked()},
		{"64 at once, `version` of this program", l.Version()},
		{"64 at once, `git-credential-idcs get`", l.GitGet()},
	}
	walls := make([][]float64, len(tasks))
	for round := range rounds {
		for i := range tasks {
			n := (i + round) % len(tasks)
			took, err := atOnce(l, tasks[n].task, crowd)
			if err != nil {
				return err
			}
			walls[n] = append(walls[n], ms(took))
		}
	}
	for i, t := range tasks {
		figures[t.task.Name] = median(walls[i])
		b.printf("| %s | %.0f |", t.what, median(walls[i]))
	}
	for _, part := range []func(*lab.Lab, map[string]float64) error{b.beside, b.stale, b.expiry} {
		if err := part(l, figures); err != nil {
			return err
		}
	}
	b.printf("")
	b.figures["crowd"] = figures
	return nil
}

// atOnce runs a task many times at the same moment, until the last has ended.
func atOnce(l *lab.Lab, t lab.Task, n int) (time.Duration, error) {
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

// beside measures a fresh answer alone, and while another process refreshes and its domain says nothing.
func (b *bench) beside(l *lab.Lab, figures map[string]float64) error {
	alone, err := measure([]candidate{{l, l.GitGet()}}, b.rounds/4+3)
	if err != nil {
		return err
	}
	hanging, err := b.whileRefreshing(l)
	if err != nil {
		return err
	}
	figures["alone"], figures["beside a hanging refresh"] = alone[0].Wall, hanging
	b.printf("| one `git-credential-idcs get` | %.1f |\n| the same, while another process refreshes and the domain hangs | %.1f |", alone[0].Wall, hanging)
	return nil
}

// whileRefreshing is the median wall of git's question while a refresh stands at the domain.
func (b *bench) whileRefreshing(l *lab.Lab) (float64, error) {
	gate := l.Domain.Gate("refresh_token", idcstest.RequestRead)
	refresh := l.Command(l.Refresh())
	if err := refresh.Start(); err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := gate.Wait(ctx); err != nil {
		return 0, err
	}
	figures, err := measure([]candidate{{l, l.GitGet()}}, b.rounds/4+3)
	gate.Open()
	if err != nil {
		return 0, err
	}
	if err := refresh.Wait(); err != nil {
		return 0, fmt.Errorf("the refresh: %w", err)
	}
	return figures[0].Wall, nil
}

// stale measures the same with a token that is due for a refresh, which another process does.
func (b *bench) stale(_ *lab.Lab, figures map[string]float64) error {
	const life = 40 * time.Second // due at 18 to 20 s, needed at 10 s
	l, err := b.lab(lab.Options{Life: life})
	if err != nil {
		return err
	}
	defer l.Close()
	time.Sleep(life*55/100 + time.Second)
	wall, err := b.whileRefreshing(l)
	if err != nil {
		return err
	}
	figures["stale, beside a hanging refresh"] = wall
	b.printf("| the same, with a token that is due for that refresh | %.1f |", wall)
	return nil
}

// expiry measures a crowd whose token has just died: one of them refreshes.
func (b *bench) expiry(_ *lab.Lab, figures map[string]float64) error {
	const life = 2 * time.Second
	l, err := b.lab(lab.Options{Life: life})
	if err != nil {
		return err
	}
	defer l.Close()
	var walls, singles []float64
	rounds := max(3, b.rounds/20)
	before := l.Domain.Posts("refresh_token")
	for range rounds {
		for _, n := range []int{1, crowd} {
			time.Sleep(life + 100*time.Millisecond)
			took, err := atOnce(l, l.GitGet(), n)
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
	bound := single + crowd*figures["alone"]/float64(runtime.NumCPU()) + 100
	figures["expired"], figures["expired alone"], figures["expired bound"], figures["requests"] = wall, single, bound, requests
	b.printf("| 64 at once, whose token has just expired: %.2g request to the domain | %.0f |", requests, wall)
	b.printf("| for comparison: one such call alone (%.0f), 64 answers on %d cores, one poll of the lock (100) | %.0f |", single, runtime.NumCPU(), bound)
	return nil
}
