package main

import "time"

// Limits are how many requests a domain accepts of all its clients together; others get 429.
//
// https://docs.oracle.com/en-us/iaas/Content/Identity/sku/api-rate-limiting.htm
type Limits struct {
	Name              string
	Second, Minute    int
	AnnouncesTheirEnd bool // 429 comes with Retry-After, which no page of Oracle's promises
}

// published are the limits by the type of the domain.
var published = map[string]Limits{
	"free":                {Name: "Free", Second: 10, Minute: 150},
	"oracle-apps":         {Name: "Oracle Apps", Second: 40, Minute: 1000},
	"oracle-apps-premium": {Name: "Oracle Apps Premium", Second: 50, Minute: 1700},
	"external-user":       {Name: "External User", Second: 60, Minute: 2300},
	"premium":             {Name: "Premium", Second: 65, Minute: 3400},
}

var premium = published["premium"]

// A domain counts requests by the second and by the minute of its clock. Whether a request that is
// refused counts too is not documented; here it doesn't.
type domain struct {
	Limits
	second, minute     time.Duration // the window's beginning
	inSecond, inMinute int

	refused, most, arrived int // all that were refused; the most that came in one second; in this one
}

// ask sends one request at the time t, which never decreases. retryAfter is 0 if the answer has none.
func (d *domain) ask(t time.Duration) (ok bool, retryAfter time.Duration) {
	if s := t.Truncate(time.Second); s != d.second {
		d.second, d.inSecond, d.arrived = s, 0, 0
	}
	if m := t.Truncate(time.Minute); m != d.minute {
		d.minute, d.inMinute = m, 0
	}
	d.arrived++
	d.most = max(d.most, d.arrived)
	end := d.second + time.Second
	if d.inMinute >= d.Minute {
		end = d.minute + time.Minute
	} else if d.inSecond < d.Second {
		d.inSecond++
		d.inMinute++
		return true, 0
	}
	d.refused++
	if d.AnnouncesTheirEnd {
		retryAfter = (end - t + time.Second - 1).Truncate(time.Second) // the header has whole seconds
	}
	return false, retryAfter
}
