package main

import (
	"fmt"
	"os"

	"github.com/credential-idcs/credential-idcs/bench/lab"
)

// hits measures one cached answer of each protocol, what clients run beside it, and the peers'.
func (b *bench) hits() error {
	l, err := b.lab(lab.Options{})
	if err != nil {
		return err
	}
	defer l.Close()
	ours := []struct {
		what string
		task lab.Task
	}{
		{"`git-credential-idcs get`", l.GitGet()},
		{"`docker-credential-idcs get`", l.Answers()["docker"]},
		{"`credential-idcs kubectl`", l.Answers()["kubectl"]},
		{"`git-credential-idcs store`, behind each answer", l.GitStore()},
		{"`docker-credential-idcs store`", l.DockerStore()},
	}
	inMain, err := l.InMain()
	if err != nil {
		return err
	}
	candidates := []candidate{{l, l.Hello()}}
	rows := []row{{what: "a bare Go program", did: "nothing"}}
	for _, o := range ours {
		did := "answer"
		if o.task.Want == "" {
			did = "no answer is asked"
		}
		rows = append(rows, row{what: o.what, did: did})
		candidates = append(candidates, candidate{l, o.task})
	}
	peers, close, err := b.peers()
	if err != nil {
		return err
	}
	defer close()
	var absent []row
	for _, p := range peers {
		if p.missing != "" {
			absent = append(absent, row{what: p.what, did: p.missing})
			continue
		}
		rows = append(rows, row{what: p.what, did: p.did})
		candidates = append(candidates, candidate{l, p.task})
	}
	// The same calls once more, answered by main: what answering first is worth.
	shown := len(candidates)
	for _, o := range ours {
		candidates = append(candidates, candidate{l, o.task.Of(inMain)})
	}
	figures, err := b.measure(candidates, b.rounds)
	if err != nil {
		return err
	}
	b.figures["hit"] = figures
	b.printf("| one run | what it did | × | in main | CPU ms | wall ms | page faults | memory MiB | program MB |\n|---|---|---|---|---|---|---|---|---|")
	for i, c := range candidates[:shown] {
		memory, size, err := weight(c)
		if err != nil {
			return err
		}
		f := figures[i]
		other := ""
		if i >= 1 && i <= len(ours) {
			other = fmt.Sprintf("%.2f", figures[shown+i-1].Ratio)
		}
		b.printf("| %s | %s | %.2f | %s | %.1f | %.1f | %d | %s | %s |", rows[i].what, rows[i].did, f.Ratio, other, f.CPU, f.Wall, f.Faults, memory, size)
	}
	for _, r := range absent {
		b.printf("| %s | %s | | | | | | | |", r.what, r.did)
	}
	b.printf("")
	return nil
}

type row struct{ what, did string }

// weight is a candidate's peak memory, the median of some runs, and the size of its program.
func weight(c candidate) (memory, size string, err error) {
	var all []int
	for range 9 {
		kib, err := c.RSS(c.Task)
		if err != nil {
			return "", "", err
		}
		all = append(all, kib)
	}
	if kib := median(all); kib > 0 {
		memory = fmt.Sprintf("%.1f", float64(kib)/1024)
	}
	fi, err := os.Stat(c.Args[0])
	if err != nil {
		return "", "", err
	}
	return memory, fmt.Sprintf("%.1f", float64(fi.Size())/1e6), nil
}
