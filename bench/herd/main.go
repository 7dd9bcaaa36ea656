// Command herd simulates many machines that logged in at one domain in the same minute, so that all of
// their tokens would run out together, against the limits that Oracle publishes.
//
//	go run ./bench/herd [-domain premium] [-svg FILE] [-candidates]
//
// The machines decide by the cache's own arithmetic (cache/policy). Each of them calls at random, once a
// minute on average. What a domain does beyond its limits is not documented: here it answers 429 without
// Retry-After, and such an answer doesn't count. The same run has the same result.
package main

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"sync"
	"time"
)

// herds are those of docs/performance.md: at the largest limit that a domain has. A million machines with tokens
// of one hour need 278 requests in a second, more than any domain accepts; theirs live eight hours.
var herds = []Herd{
	{Hosts: 10_000, Life: time.Hour, Every: time.Minute, Limits: premium, Until: 2 * time.Hour, Seed: 1},
	{Hosts: 100_000, Life: time.Hour, Every: time.Minute, Limits: premium, Until: 2 * time.Hour, Seed: 1},
	{Hosts: 1_000_000, Life: 8 * time.Hour, Every: time.Minute, Limits: premium, Until: 14 * time.Hour, Seed: 1},
}

func main() {
	svg := flag.String("svg", "", "also draw it into this file")
	domain := flag.String("domain", "premium", "the type of the domain, by which its limits go")
	all := flag.Bool("candidates", false, "compare what the jitter was chosen from, in place of the herds above")
	flag.Parse()
	limits, ok := published[*domain]
	if !ok {
		fmt.Fprintln(os.Stderr, "herd: the types are", slices.Sorted(maps.Keys(published)))
		os.Exit(2)
	}
	if *all {
		compareCandidates(limits)
		return
	}
	outcomes := make([][2]Outcome, len(herds))
	var wg sync.WaitGroup
	for i, h := range herds {
		for j, way := range []Way{atExpiry, ours} {
			h := h
			h.Way, h.Limits = way, limits
			wg.Go(func() { outcomes[i][j] = h.Run() })
		}
	}
	wg.Wait()
	fmt.Print(head)
	for i, h := range herds {
		for j, way := range []Way{atExpiry, ours} {
			h.Way = way
			fmt.Print(row(h, outcomes[i][j]))
		}
	}
	fmt.Println()
	for i, h := range herds {
		fmt.Print(sentence(h, outcomes[i][0], outcomes[i][1]))
	}
	fmt.Print("\n" + fleetHead)
	for i, h := range herds {
		h.Hosts, h.Every, h.Way, h.Limits = 1, 10*time.Second, fleet, limits
		fmt.Print(fleetRow(herds[i], outcomes[i][1], h.Run()))
	}
	if *svg == "" {
		return
	}
	if err := os.WriteFile(*svg, draw(herds, outcomes), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, "herd:", err)
		os.Exit(1)
	}
}

// compareCandidates shows what each way to choose the moment would do.
func compareCandidates(limits Limits) {
	limited := limits
	limited.AnnouncesTheirEnd = true
	for _, h := range []struct {
		title string
		Herd
	}{
		{"once a minute", Herd{Every: time.Minute, Limits: limits}},
		{"every 5 s", Herd{Every: 5 * time.Second, Limits: limits}},
		{"once a minute, with Retry-After", Herd{Every: time.Minute, Limits: limited}},
	} {
		fmt.Printf("\n100,000 machines, %s:\n\n%s", h.title, head)
		for _, way := range candidates {
			h.Hosts, h.Life, h.Until, h.Seed, h.Way = 100_000, time.Hour, 150*time.Minute, 1, way
			fmt.Print(row(h.Herd, h.Run()))
		}
	}
}

const head = "| machines | token lives | way | all have a new token | answers 429 | machines with a failed call | failed calls | longest wait |\n" +
	"|---|---|---|---|---|---|---|---|\n"

// row is a herd's line of the table.
func row(h Herd, o Outcome) string {
	all := "not by " + duration(h.Until-h.Life) + " after"
	if o.Last > 0 {
		all = duration(h.Life-o.Last) + " before"
		if o.Last > h.Life {
			all = duration(o.Last-h.Life) + " after"
		}
	}
	return fmt.Sprintf("| %s | %s | %s | %s | %s | %s | %s | %s |\n", thousands(h.Hosts), duration(h.Life), h.Way.Name,
		all, thousands(o.Refused), thousands(o.Hit), thousands(o.Errors), duration(o.Longest))
}

const fleetHead = "| machines | token lives | in | requests, each machine by itself | one controller for all of them |\n|---|---|---|---|---|\n"

// fleetRow holds a herd against one cluster that has a controller.
func fleetRow(h Herd, alone, together Outcome) string {
	return fmt.Sprintf("| %s | %s | %s | %s, %s in one second | %s |\n", thousands(h.Hosts), duration(h.Life), duration(h.Until),
		thousands(alone.Requests), thousands(alone.Most), thousands(together.Requests))
}

// sentence is what docs/performance.md says of a herd.
func sentence(h Herd, byExpiry, byOurs Outcome) string {
	left := "with this program none does."
	if byOurs.Hit > 0 {
		left = fmt.Sprintf("with this program %s do, for up to %s.", thousands(byOurs.Hit), duration(byOurs.Longest))
	}
	return fmt.Sprintf("- Of %s machines with tokens of %s, %s run out of theirs if each refreshes at expiry, for up to %s;\n  %s\n",
		thousands(h.Hosts), duration(h.Life), thousands(byExpiry.Hit), duration(byExpiry.Longest), left)
}

// duration is a time as people say it: whole seconds, minutes or hours.
func duration(d time.Duration) string {
	switch {
	case d == 0:
		return "0"
	case d < 90*time.Second:
		return strconv.Itoa(int(d.Round(time.Second).Seconds())) + " s"
	case d < 90*time.Minute && d != time.Hour:
		return strconv.Itoa(int(d.Round(time.Minute).Minutes())) + " min"
	case d%time.Hour == 0:
		return strconv.Itoa(int(d.Hours())) + " h"
	}
	return strconv.FormatFloat(d.Hours(), 'f', 1, 64) + " h"
}

// thousands is 1234567 as 1,234,567.
func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
