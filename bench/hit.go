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
	figures, err := b.measure(candidates, b.rounds)
	if err != nil {
		return err
	}
	b.figures["hit"] = figures
	b.printf("| one run | what it did | × | CPU ms | wall ms | page faults | memory MiB | program MB |\n|---|---|---|---|---|---|---|---|")
	for i, c := range candidates {
		memory, size, err := weight(c)
		if err != nil {
			return err
		}
		f := figures[i]
		b.printf("| %s | %s | %.2f | %.1f | %.1f | %d | %s | %s |", rows[i].what, rows[i].did, f.Ratio, f.CPU, f.Wall, f.Faults, memory, size)
	}
	for _, r := range absent {
		b.printf("| %s | %s | | | | | | |", r.what, r.did)
	}
	b.printf("")
	return nil
}

type row struct{ what, did string }

// weight is a candidate's memory at its most, the median of some runs, and the size of its program.
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
