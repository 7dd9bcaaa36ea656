package main

import (
	"context"
	"fmt"
	"time"

	"github.com/credential-idcs/credential-idcs/bench/lab"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// waits measures a cached answer alone, and while another process refreshes and the domain doesn't answer.
func (b *bench) waits() error {
	l, err := b.lab(lab.Options{})
	if err != nil {
		return err
	}
	defer l.Close()
	alone, err := b.measure([]candidate{{l, l.GitGet()}}, b.waitRounds())
	if err != nil {
		return err
	}
	fresh, err := b.whileRefreshing(l)
	if err != nil {
		return err
	}
	stale, err := b.stale()
	if err != nil {
		return err
	}
	b.printf("| one `git-credential-idcs get` | wall ms |\n|---|---|")
	b.printf("| alone | %.1f |", alone[0].Wall)
	b.printf("| while another process refreshes and the domain hangs | %.1f |", fresh)
	b.printf("| the same, with a token that is due for that refresh | %.1f |", stale)
	b.printf("")
	b.figures["wait"] = map[string]float64{"alone": alone[0].Wall, "fresh": fresh, "stale": stale}
	return nil
}

// waitRounds are as many as fit into the time that a refresh waits for its domain.
func (b *bench) waitRounds() int { return min(max(3, b.rounds), 300) }

// whileRefreshing is the median wall time of git's call while a refresh waits for the domain.
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
	figures, err := b.measure([]candidate{{l, l.GitGet()}}, b.waitRounds())
	gate.Open()
	if err != nil {
		return 0, err
	}
	if err := refresh.Wait(); err != nil {
		return 0, fmt.Errorf("the refresh: %w", err)
	}
	return figures[0].Wall, nil
}

// stale is the same with a token that is due for the refresh: due from half of its life on, needed for a
// quarter of it.
func (b *bench) stale() (float64, error) {
	const life = 40 * time.Second
	l, err := b.lab(lab.Options{Life: life})
	if err != nil {
		return 0, err
	}
	defer l.Close()
	b.sleep(life * 6 / 10)
	return b.whileRefreshing(l)
}
