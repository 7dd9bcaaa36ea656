package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/metadata"

	"github.com/credential-idcs/credential-idcs/fleet"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

func statusVerb() *verb {
	return &verb{
		name: "status", words: "--config FILE [--json]",
		about: "who is logged in, and which Secret has how much life left",
		text: `
A row for each profile and one for each Secret, from their annotations alone: no
token is read. fresh: holds the token that is stored; stale: an older one, or
none yet; missing: there is no such Secret.

  --config FILE       config.toml with [[publish]] tables
  --namespace NS      where the controller runs (credential-idcs)
  --kubeconfig FILE   else KUBECONFIG, else ~/.kube/config
  --json              an array of objects: profile, secret (null for the profile
                      itself), state, expires_at, generation, last_error, in_doubt_since
`,
		run: runStatus,
	}
}

// A statusRow is a Row as --json has it.
type statusRow struct {
	Profile    string     `json:"profile"`
	Secret     *string    `json:"secret"`
	State      string     `json:"state"`
	Expires    *time.Time `json:"expires_at"`
	Generation int64      `json:"generation"`
	LastError  *string    `json:"last_error"`
	InDoubt    *time.Time `json:"in_doubt_since"`
}

func runStatus(ctx context.Context, a *app, args []string) error {
	f := a.options(statusVerb())
	f.StringVar(&a.kubeconfig, "kubeconfig", "", "")
	asJSON := f.Bool("json", false, "")
	if _, err := a.parse(f, args, 0); err != nil {
		return err
	}
	rows, err := a.rows(ctx)
	if err != nil {
		return err
	}
	if *asJSON {
		list := make([]statusRow, 0, len(rows))
		for _, r := range rows {
			list = append(list, statusRow{
				Profile: r.Profile, Secret: some(r.Secret), State: r.State, Expires: moment(r.Expires), Generation: r.Generation,
				LastError: some(r.LastFailure), InDoubt: moment(r.InDoubt),
			})
		}
		b, err := json.MarshalIndent(list, "", "  ")
		return a.print(append(b, '\n'), err)
	}
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "PROFILE\tSECRET\tSTATE\tLEFT\tGENERATION\tLAST FAILURE")
	for _, r := range rows {
		name, left, last := r.Secret, "-", r.LastFailure
		if name == "" {
			name = "-"
		}
		if d := r.Expires.Sub(a.Now()); d > 0 {
			left = text.Duration(d)
		}
		if last == "" {
			last = "-"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%s\n", r.Profile, name, r.State, left, r.Generation, text.Clean(last))
	}
	_ = w.Flush() // into memory
	return a.print([]byte(b.String()), nil)
}

func some(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// rows gets the metadata of each Secret, not its data.
func (a *app) rows(ctx context.Context) ([]fleet.Row, error) {
	file, published, err := a.load()
	if err != nil {
		return nil, err
	}
	c, err := a.cluster(false)
	if err != nil {
		return nil, err
	}
	client, err := metadata.NewForConfig(c)
	if err != nil {
		return nil, err
	}
	get := func(namespace, name string) (*metav1.ObjectMeta, error) {
		ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		m, err := client.Resource(schema.GroupVersionResource{Version: "v1", Resource: "secrets"}).Namespace(namespace).Get(ctx, name, metav1.GetOptions{})
		switch {
		case apierrors.IsNotFound(err):
			return nil, nil
		case apierrors.IsForbidden(err):
			return nil, &failure{status: exitFailure, message: "no right to get Secret " + namespace + "/" + name, err: err}
		case err != nil:
			return nil, err
		}
		return &m.ObjectMeta, nil
	}
	pubs := publications(published)
	var rows []fleet.Row
	for _, p := range profiles(file, published) {
		m, err := get(a.space(), fleet.StateName(p.Name))
		if err != nil {
			return nil, err
		}
		if m == nil {
			e := &errand{app: a, profile: p, renewer: &renewer{}}
			return nil, e.failed(&fleet.APIError{Verb: "get", Secret: fleet.StateName(p.Name), Kind: fleet.ErrMissing})
		}
		own := fleet.StateRow(p.Name, m, a.Now())
		rows = append(rows, own)
		for i := range pubs {
			if pubs[i].Profile != p.Name {
				continue
			}
			r := fleet.MissingSecret(&pubs[i])
			if m, err = get(pubs[i].Namespace, pubs[i].Name); err != nil {
				return nil, err
			}
			if m != nil {
				r = fleet.SecretRow(&pubs[i], m, own, a.Now())
			}
			rows = append(rows, r)
		}
	}
	return rows, nil
}
