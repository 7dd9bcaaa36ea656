package main

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/credential-idcs/credential-idcs/bench/lab"
)

// A figure is what one candidate took, medians of all rounds.
type figure struct {
	Name   string  `json:"name"`
	CPU    float64 `json:"cpu_ms"`
	Wall   float64 `json:"wall_ms"`
	Ratio  float64 `json:"times_first"` // CPU time divided by the first candidate's of the same round
	Faults int64   `json:"faults"`

	walls []float64 // of each round, in their order
}

// A candidate is a task in its lab.
type candidate struct {
	*lab.Lab
	lab.Task
}

// measure runs all candidates once a round, after each has been checked. Their order is drawn for each
// round: who runs behind a run of the same program finds it in the processor's caches.
func (b *bench) measure(candidates []candidate, rounds int) ([]figure, error) {
	for _, c := range candidates {
		if err := c.Check(c.Task); err != nil {
			return nil, err
		}
	}
	costs := make([][]lab.Cost, len(candidates))
	for round := range rounds {
		for _, n := range order(round, len(candidates)) {
			if err := b.ctx.Err(); err != nil {
				return nil, err
			}
			cost, err := candidates[n].Run(candidates[n].Task)
			if err != nil {
				return nil, err
			}
			costs[n] = append(costs[n], cost)
		}
	}
	figures := make([]figure, len(candidates))
	for n, c := range candidates {
		var cpu, wall, ratio []float64
		var faults []int64
		for round, cost := range costs[n] {
			cpu, wall = append(cpu, ms(cost.CPU)), append(wall, ms(cost.Wall))
			ratio = append(ratio, float64(cost.CPU)/float64(costs[0][round].CPU))
			faults = append(faults, cost.Faults)
		}
		figures[n] = figure{c.Name, median(cpu), median(wall), median(ratio), median(faults), wall}
	}
	return figures, nil
}

// order is that of the candidates in a round.
func order(round, n int) []int { return rand.New(rand.NewPCG(1, uint64(round))).Perm(n) }

// sleep waits for a token to grow old.
func (b *bench) sleep(d time.Duration) {
	select {
	case <-time.After(d):
	case <-b.ctx.Done():
	}
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func median[T cmp.Ordered](all []T) T { return slices.Sorted(slices.Values(all))[len(all)/2] }
