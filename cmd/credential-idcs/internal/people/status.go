package people

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/credential-idcs/credential-idcs/cache"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/call"
	"github.com/credential-idcs/credential-idcs/internal/config"
	"github.com/credential-idcs/credential-idcs/internal/host"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

func statusVerb() *verb {
	v := &verb{
		name: "status", usage: "[PROFILE] [--json]", about: "who is logged in, and for how long",
		text: `
One row a profile, from the files alone: never on the network. A token is
fresh; stale, which is usable but due for a refresh; or expired, which is
refreshed when it is next used. login_needed: something is stored that can be
neither used nor refreshed. locked: it is sealed, and its key can't be had now.
none: nothing is stored.
`,
		limit: 1, follows: aProfile,
	}
	asJSON := v.switched("json", "an array of objects: profile, domain, username, state, expires_at, obtained_at, refreshable, last_error, seal, derived")
	v.run = func(_ context.Context, a *app, operands []string) error {
		return a.status(operand(operands), *asJSON)
	}
	return v
}

// A row is a profile in the output of status; its exported fields are those of --json.
type row struct {
	Profile     string     `json:"profile"`
	Domain      string     `json:"domain"`
	Username    string     `json:"username"`
	State       string     `json:"state"`
	Expires     *time.Time `json:"expires_at"`
	Obtained    *time.Time `json:"obtained_at"`
	Refreshable bool       `json:"refreshable"`
	LastError   *lastError `json:"last_error"`
	Seal        string     `json:"seal"`
	// Derived are the credentials that the profile's OCI principal got for its targets.
	Derived []derivation `json:"derived"`

	left    time.Duration
	problem error
	notes   []string
}

type lastError struct {
	Code        string    `json:"code"`
	Description string    `json:"description"`
	ECID        string    `json:"ecid"`
	At          time.Time `json:"at"`
}

func (a *app) status(name string, asJSON bool) error {
	profiles, err := a.meant(name)
	if err != nil {
		return err
	}
	rows := make([]row, 0, len(profiles))
	for _, p := range profiles {
		r, err := a.row(p)
		if err != nil {
			return err
		}
		rows = append(rows, r)
	}
	if asJSON {
		b, err := json.MarshalIndent(rows, "", "  ")
		if err != nil {
			return err
		}
		_, err = a.Stdout.Write(append(b, '\n'))
		return err
	}
	if len(rows) == 0 {
		_, err := a.File.Choose()
		a.Tell(call.ExplainConfig(err))
		return nil
	}
	var on host.Screen
	if out, ok := a.Stdout.(*os.File); ok {
		on = host.LookAt(out, a.Getenv)
	}
	_, err = io.WriteString(a.Stdout, sheet(rows, a.File).text(on.Columns, on.Terminal && a.colors()))
	return err
}

func (a *app) row(p *config.Profile) (row, error) {
	list, err := a.derivations(p)
	if err != nil {
		return row{}, err
	}
	if p.Login == config.OCILogin {
		r, err := a.rowOCI(p, list)
		r.Derived = list
		return r, err
	}
	e, err := a.engine(p)
	if err != nil {
		return row{}, err
	}
	v := e.View()
	r := row{
		Profile: p.Name, Domain: p.Domain, Username: p.Username, State: v.State,
		Refreshable: v.Refresh, Seal: v.Seal, left: v.Left, problem: v.Problem, Derived: list,
	}
	if !v.Expires.IsZero() {
		expires, obtained := v.Expires.UTC().Truncate(time.Second), v.Obtained.UTC().Truncate(time.Second)
		r.Expires, r.Obtained = &expires, &obtained
	}
	if v.Last != nil {
		r.LastError = failure(v.Last)
	}
	if s := as(p, e.Subject()); s != "" && v.State != "none" {
		r.notes = append(r.notes, "token of "+e.Subject())
	}
	if same := call.SameLogin(a.File, p); len(same) > 0 {
		r.notes = append(r.notes, "same login as "+strings.Join(same, ", "))
	}
	return r, nil
}

// failure is a stored failure as --json has it. Without a code of the domain, Code is our class.
func failure(f *cache.Failure) *lastError {
	e := &lastError{Code: f.Code, Description: f.Description, ECID: f.ECID, At: f.At.UTC().Truncate(time.Second)}
	if e.Code == "" {
		e.Code = f.Class
	}
	if e.Description == "" {
		e.Description = f.Text
	}
	return e
}

// sheet is the rows as a table for people.
func sheet(rows []row, file *config.File) *table {
	t := &table{shrink: []int{1, 0}}
	head := []string{"PROFILE", "USER", "STATE", "LEFT", "REFRESH", "LAST FAILURE"}
	noted := slices.ContainsFunc(rows, func(r row) bool { return len(r.notes) > 0 })
	if noted {
		head = append(head, "NOTE")
	}
	t.add(head...)
	for _, r := range rows {
		name, left, refresh, last := r.Profile, "-", "no", "-"
		if len(rows) > 1 && name == file.Default {
			name += " *"
		}
		if r.Expires != nil {
			left = text.Duration(r.left)
		}
		if r.Refreshable {
			refresh = "yes"
		}
		switch {
		case r.problem != nil:
			last = call.Explain(r.Profile, r.problem).Message
		case r.LastError != nil:
			last = r.LastError.At.Local().Format("15:04") + " " + r.LastError.Code
			if r.LastError.ECID != "" {
				last += " (ecid " + r.LastError.ECID + ")"
			}
		}
		cells := []string{name, r.Username, r.State, left, refresh, last}
		if noted {
			cells = append(cells, strings.Join(r.notes, ", "))
		}
		t.add(cells...)
		t.color(2, stateColors[r.State])
		for _, d := range r.Derived {
			left := "-"
			if d.Expires != nil {
				left = text.Duration(d.left)
			}
			t.add("  "+d.Kind, d.Target, d.State, left, "-", "-")
			t.color(2, stateColors[d.State])
		}
	}
	return t
}

// stateColors are SGR parameters. "expired" has none: the token is refreshed when it is next used.
var stateColors = map[string]string{"fresh": "32", "stale": "33", "login_needed": "31", "locked": "33", "none": "2"}
