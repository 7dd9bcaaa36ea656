package main

import (
	"time"

	"github.com/credential-idcs/credential-idcs/cache/policy"
)

// A Way is how a machine decides. It is asked at each call that may find the token due.
type Way struct {
	Name string
	// Soonest is the life left above which no call asks: what comes before it needn't be simulated.
	Soonest func(life time.Duration) time.Duration
	// Zone is what a call makes of the token. lot was drawn with the token, dice with the call.
	Zone func(life, left time.Duration, lot, dice float64) policy.Zone
	// Pause is how long the machine keeps quiet after the row-th failure.
	Pause func(row int, retryAfter time.Duration, dice float64) time.Duration
}

// ours is what the cache does, by its own numbers.
var ours = Way{
	Name:    "credential-idcs",
	Soonest: policy.Soonest,
	Zone: func(life, left time.Duration, lot, _ float64) policy.Zone {
		return policy.Query{}.Zone(life, left, policy.Due(life, lot))
	},
	Pause: policy.PauseAnswer.Length,
}

// atExpiry is what most helpers do: nothing until the token is dead, and then every call asks.
var atExpiry = Way{
	Name:    "refresh at expiry",
	Soonest: policy.Margin,
	Zone: func(life, left time.Duration, _, _ float64) policy.Zone {
		if left <= policy.Margin(life) {
			return policy.Expired
		}
		return policy.Fresh
	},
	Pause: func(int, time.Duration, float64) time.Duration { return 0 },
}

// fleet is credential-idcs-controller, of which one replica works for all machines of a cluster.
var fleet = Way{
	Name:    "credential-idcs-controller",
	Soonest: func(life time.Duration) time.Duration { return policy.DuePublished(life, 1) },
	Zone: func(life, left time.Duration, lot, _ float64) policy.Zone {
		switch {
		case left <= policy.Margin(life):
			return policy.Expired
		case left <= policy.DuePublished(life, lot):
			return policy.Early
		}
		return policy.Fresh
	},
	Pause: policy.PauseAnswer.Length,
}

// window is what ours could have been: the early zone begins between lowest and highest times EarlyFrom,
// by a lot of the token or by one of each call.
func window(name string, lowest, highest float64, perCall bool) Way {
	return Way{
		Name: name,
		Soonest: func(life time.Duration) time.Duration {
			return time.Duration(highest * float64(policy.EarlyFrom(life)))
		},
		Zone: func(life, left time.Duration, lot, dice float64) policy.Zone {
			if perCall {
				lot = dice
			}
			due := (lowest + (highest-lowest)*lot) * float64(policy.EarlyFrom(life))
			return policy.Query{}.Zone(life, left, time.Duration(due))
		},
		Pause: policy.PauseAnswer.Length,
	}
}

var byCall = window("0.9 to 2.5, by call", 0.9, 2.5, true)

// candidates are what ours was chosen from. At a life of one hour the last of them is ours.
var candidates = []Way{
	atExpiry,
	{"at expiry, with our pauses", atExpiry.Soonest, atExpiry.Zone, policy.PauseAnswer.Length},
	window("0.9 to 1, by call", 0.9, 1, true),
	window("0.9 to 1", 0.9, 1, false),
	window("0.5 to 1", 0.5, 1, false),
	window("0.9 to 1.5", 0.9, 1.5, false),
	byCall,
	ours,
}
