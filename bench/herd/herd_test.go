package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/cache/policy"
)

// small is a herd that has the pressure of the page's largest of one hour, and takes no time: as many
// machines for each request that the domain takes in a minute.
var small = Herd{Hosts: 30_000, Life: time.Hour, Every: time.Minute, Limits: published["oracle-apps"], Until: 150 * time.Minute, Seed: 1}

func (h Herd) by(w Way) Herd { h.Way = w; return h }

// Whatever the machines do, the books of a run agree, and the domain keeps its limits.
func TestTheBooksAgree(t *testing.T) {
	for _, way := range candidates {
		for _, limits := range []Limits{published["free"], published["external-user"], {Second: 40, Minute: 1000, AnnouncesTheirEnd: true}} {
			h := small.by(way)
			h.Limits = limits
			o := h.Run()
			given, firsts, inMinute := 0, 0, 0
			for i, n := range o.Given {
				if i%6 == 0 {
					inMinute = 0
				}
				given, firsts, inMinute = given+n, firsts+o.Firsts[i], inMinute+n
				if n > 10*limits.Second || inMinute > limits.Minute {
					t.Errorf("%s, %s: %d tokens in 10 s, %d in a minute", way.Name, limits.Name, n, inMinute)
				}
			}
			if o.Requests != o.Refused+given {
				t.Errorf("%s: %d requests, %d refused, %d given", way.Name, o.Requests, o.Refused, given)
			}
			if firsts != o.Served || o.Served > h.Hosts || (o.Last > 0) != (o.Served == h.Hosts) {
				t.Errorf("%s: %d first tokens, %d served by %v", way.Name, firsts, o.Served, o.Last)
			}
			if o.Hit > o.Errors || o.Hit > h.Hosts || (o.Errors == 0) != (o.Longest == 0) || o.Longest > h.Until {
				t.Errorf("%s: %d errors at %d machines, %v at most", way.Name, o.Errors, o.Hit, o.Longest)
			}
		}
	}
}

func TestARunCanBeRepeated(t *testing.T) {
	h := small.by(ours)
	first := h.Run()
	if !reflect.DeepEqual(first, h.Run()) {
		t.Error("the same seed has another outcome")
	}
	h.Seed++
	if reflect.DeepEqual(first, h.Run()) {
		t.Error("the seed has no part in it")
	}
}

// What the jitter was chosen for: a tenth of the machines that run out of their token otherwise.
func TestTheJitterKeepsMachinesInTokens(t *testing.T) {
	got := map[string]Outcome{}
	for _, way := range candidates {
		got[way.Name] = small.by(way).Run()
	}
	chosen := got[ours.Name]
	for name, o := range got {
		t.Logf("%s: %d machines hit, %d refused", name, o.Hit, o.Refused)
		if name != ours.Name && chosen.Refused >= o.Refused {
			t.Errorf("%s: %d answers 429, ours %d", name, o.Refused, chosen.Refused)
		}
		if name != ours.Name && name != byCall.Name && chosen.Hit*10 > o.Hit {
			t.Errorf("%s: %d machines hit, ours %d", name, o.Hit, chosen.Hit)
		}
	}
}

// The draw is the token's: of a busy machine's many draws the earliest would decide, and all machines
// would come at the beginning of the window.
func TestADrawForEachCallIsNoJitter(t *testing.T) {
	h := small
	h.Every = 5 * time.Second
	chosen, other := h.by(ours).Run(), h.by(byCall).Run()
	t.Logf("%d in one second, %d refused; by call %d, %d", chosen.Most, chosen.Refused, other.Most, other.Refused)
	if chosen.Refused*3 > other.Refused*2 || chosen.Most*2 > other.Most {
		t.Errorf("%d in one second, %d refused; by call %d, %d", chosen.Most, chosen.Refused, other.Most, other.Refused)
	}
}

// A machine whose domain refuses everything asks as seldom as its pauses say.
func TestAMachineKeepsItsPauses(t *testing.T) {
	h := Herd{Hosts: 50, Life: time.Hour, Every: time.Second, Limits: Limits{}, Way: ours, Until: 3 * time.Hour, Seed: 1}
	o := h.Run()
	asking := 150 * time.Minute // from half of the first life to the end
	if most := h.Hosts * (6 + int(asking/(60*time.Second))); o.Requests > most || o.Served > 0 {
		t.Errorf("%d requests, %d at most; %d served", o.Requests, most, o.Served)
	}
	if o.Hit != h.Hosts || o.Longest < 115*time.Minute {
		t.Errorf("%d of %d machines ran out of their token, for %v", o.Hit, h.Hosts, o.Longest)
	}
}

// At a life of one hour the last of the compared windows is the cache's own.
func TestTheLastCandidateIsOurs(t *testing.T) {
	same := window("", 0.9, 2.5, false)
	for left := time.Duration(0); left <= time.Hour; left += 10 * time.Second {
		for _, lot := range []float64{0, 0.3, 1} {
			if a, b := same.Zone(time.Hour, left, lot, 0), ours.Zone(time.Hour, left, lot, 0); a != b {
				t.Errorf("%v left, lot %v: %v and %v", left, lot, a, b)
			}
		}
	}
	if policy.Soonest(time.Hour) != same.Soonest(time.Hour) {
		t.Error("they begin at different times")
	}
}

// docs/performance.md quotes what the simulation says.
func TestThePageQuotesTheHerd(t *testing.T) {
	page, err := os.ReadFile("../../docs/performance.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range herds[:2] { // the third takes a minute and a half
		if s := sentence(h, h.by(atExpiry).Run(), h.by(ours).Run()); !strings.Contains(string(page), s) {
			t.Errorf("docs/performance.md lacks\n%s", s)
		}
	}
}

func TestThePictureIsWellFormed(t *testing.T) {
	h := small
	outcomes := [2]Outcome{h.by(atExpiry).Run(), h.by(ours).Run()}
	svg := draw([]Herd{h, h}, [][2]Outcome{outcomes, outcomes})
	paths := 0
	for d := xml.NewDecoder(bytes.NewReader(svg)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := token.(xml.StartElement); ok && e.Name.Local == "path" {
			paths++
			for _, a := range e.Attr {
				if strings.Contains(a.Value, "NaN") || a.Value == "" {
					t.Errorf("path %s=%q", a.Name.Local, a.Value)
				}
			}
		}
	}
	if paths != 8 {
		t.Errorf("%d curves and areas", paths)
	}
}
