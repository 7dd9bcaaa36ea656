package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/credential-idcs/credential-idcs/bench/lab"
)

// growth measures an answer beside many profiles in the configuration, and beside many token files.
func (b *bench) growth() error {
	var candidates []candidate
	add := func(what string, o lab.Options, files int) error {
		l, err := b.lab(o)
		if err != nil {
			return err
		}
		task := l.GitGet()
		task.Name = what
		candidates = append(candidates, candidate{l, task})
		return neighbours(l, files)
	}
	defer func() {
		for _, c := range candidates {
			c.Close()
		}
	}()
	for _, n := range []int{1, 10, 100, 1000} {
		if err := add(itoa(n)+" in the configuration", lab.Options{Profiles: n}, 0); err != nil {
			return err
		}
	}
	if err := add("1, and 1,000 token files in the folder", lab.Options{}, 999); err != nil {
		return err
	}
	figures, err := b.measure(candidates, b.rounds)
	if err != nil {
		return err
	}
	b.figures["growth"] = figures
	b.printf("| profiles | CPU ms | wall ms |\n|---|---|---|")
	for _, f := range figures {
		b.printf("| %s | %.1f | %.1f |", f.Name, f.CPU, f.Wall)
	}
	b.printf("")
	return nil
}

// neighbours copies the token file to other names.
func neighbours(l *lab.Lab, n int) error {
	found, err := filepath.Glob(filepath.Join(l.Dir, "cache", "*.json"))
	if err != nil || len(found) != 1 {
		return fmt.Errorf("%d token files: %w", len(found), err)
	}
	token, err := os.ReadFile(found[0])
	if err != nil {
		return err
	}
	for i := range n {
		if err := os.WriteFile(filepath.Join(l.Dir, "cache", fmt.Sprintf("%032x.json", i)), token, 0o600); err != nil {
			return err
		}
	}
	return nil
}

func itoa(n int) string { return strconv.Itoa(n) }
