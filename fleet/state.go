package fleet

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/credential-idcs/credential-idcs/cache/policy"
	"github.com/credential-idcs/credential-idcs/internal/secret"
)

const (
	statePrefix = "credential-idcs-state-"
	stateKey    = "state.json"
	// stateType is nobody else's, so that no tool takes a state for something it can use.
	stateType = corev1.SecretType("credential-idcs/state")
)

// StateName is the name of a profile's state Secret.
func StateName(profile string) string { return statePrefix + profile }

// EmptyState is a state Secret in which nothing is stored yet.
func EmptyState(namespace, profile string) *corev1.Secret {
	return &corev1.Secret{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Secret"},
		ObjectMeta: metav1.ObjectMeta{
			Namespace: namespace, Name: StateName(profile), Annotations: map[string]string{annotationProfile: profile},
		},
		Type: stateType,
	}
}

// A State is what a profile's state Secret says. The zero State is one in which nothing was ever stored.
//
// A copy shares the unknown members, which nobody changes.
type State struct {
	// Identity is Keeper.Identity of the tokens. For a configuration with another one, nothing is stored.
	Identity string

	Access, Refresh, ID secret.Text
	Obtained            Stamp // before the request was sent
	Life, IDLife        time.Duration
	Scope               string
	// Parts are the credentials for single targets, by target. The map is never changed, only replaced.
	Parts map[string]Part

	// Generation grows by one with each saved answer, and with a logout. 0: there was none yet.
	Generation int64
	Intent     *Intent
	Mark       *Mark
	Pause      *Pause
	Last       *Failure
	Skew       time.Duration // the domain's clock minus ours

	unknown map[string]json.RawMessage // members of a later version
}

// An Intent is written before the stored refresh token is sent.
type Intent struct {
	Digest string    `json:"digest"` // of the refresh token
	Holder string    `json:"holder"`
	At     time.Time `json:"at"`
	// Over: the holder no longer waits for the answer.
	Over bool `json:"over,omitempty"`
}

// same reports whether two intents are one.
func (i *Intent) same(o *Intent) bool {
	return i == o || i != nil && o != nil && i.Digest == o.Digest && i.Holder == o.Holder && i.At.Equal(o.At)
}

// A Mark marks a refresh token as spent.
type Mark struct {
	Digest string `json:"digest"`
	// Interrupted is the earlier request whose answer was lost, if that is the reason.
	Interrupted *Intent `json:"interrupted,omitempty"`
}

// A Pause is a time in which nothing is sent.
type Pause struct {
	Refresh string       `json:"refresh,omitempty"` // digest of the refresh token that it counts for
	Client  string       `json:"client,omitempty"`  // the client that it counts for; empty: any
	Begun   time.Time    `json:"begun"`
	End     time.Time    `json:"end"`
	Kind    policy.Pause `json:"kind"`
	Row     int          `json:"row"` // failures in a row
}

// counts reports whether now is in the pause, and the pause is for this refresh token and client.
func (p *Pause) counts(now time.Time, refresh string, client func() string) bool {
	return p != nil && !now.Before(p.Begun) && now.Before(p.End) && p.End.Sub(p.Begun) <= policy.Longest &&
		p.Refresh == refresh && (p.Client == "" || p.Client == client())
}

// A Failure is the last attempt, if it failed. It has no secrets.
type Failure struct {
	Class       string    `json:"class"`
	Code        string    `json:"code,omitempty"`
	Description string    `json:"description,omitempty"`
	ECID        string    `json:"ecid,omitempty"`
	Status      int       `json:"status,omitempty"`
	Text        string    `json:"text,omitempty"`
	Command     string    `json:"command,omitempty"`
	At          time.Time `json:"at"`
}

func (f *Failure) Error() string { return f.Text }

// record is State in JSON.
type record struct {
	Identity   string                `json:"identity,omitempty"`
	Access     string                `json:"access_token,omitempty"`
	Refresh    string                `json:"refresh_token,omitempty"`
	ID         string                `json:"id_token,omitempty"`
	Obtained   time.Time             `json:"obtained_at,omitzero"`
	BootMS     int64                 `json:"boot_ms,omitempty"`
	Boot       string                `json:"boot,omitempty"`
	LifeMS     int64                 `json:"life_ms,omitempty"`
	IDLifeMS   int64                 `json:"id_life_ms,omitempty"`
	Scope      string                `json:"scope,omitempty"`
	Parts      map[string]partRecord `json:"derived,omitempty"`
	Generation int64                 `json:"generation"`
	Intent     *Intent               `json:"intent,omitempty"`
	Mark       *Mark                 `json:"mark,omitempty"`
	Pause      *Pause                `json:"pause,omitempty"`
	Last       *Failure              `json:"last_failure,omitempty"`
	SkewMS     int64                 `json:"skew_ms,omitempty"`
}

var recordMembers = func() map[string]json.RawMessage {
	now := time.Now()
	all := record{
		"-", "-", "-", "-", now, 1, "-", 1, 1, "-", map[string]partRecord{"-": {}}, 1, &Intent{}, &Mark{}, &Pause{}, &Failure{}, 1,
	}
	b, _ := json.Marshal(all)
	var m map[string]json.RawMessage
	_ = json.Unmarshal(b, &m)
	return m
}()

// errDamaged is returned for a state that isn't ours. Nothing is written over it.
var errDamaged = errors.New("the state can't be read")

func decodeState(b []byte) (State, error) {
	if len(b) == 0 {
		return State{}, nil
	}
	var r record
	var members map[string]json.RawMessage
	if err := json.Unmarshal(b, &members); err != nil {
		return State{}, errDamaged // err may quote a token
	}
	if err := json.Unmarshal(b, &r); err != nil || r.Generation < 0 || r.LifeMS < 0 {
		return State{}, errDamaged
	}
	maps.DeleteFunc(members, func(name string, _ json.RawMessage) bool { return recordMembers[name] != nil })
	return State{
		Identity: r.Identity,
		Access:   secret.New(r.Access), Refresh: secret.New(r.Refresh), ID: secret.New(r.ID),
		Obtained: Stamp{Wall: r.Obtained, Boot: time.Duration(r.BootMS) * time.Millisecond, Of: r.Boot},
		Life:     time.Duration(r.LifeMS) * time.Millisecond, IDLife: time.Duration(r.IDLifeMS) * time.Millisecond,
		Scope: r.Scope, Parts: decodeParts(r.Parts), Generation: r.Generation,
		Intent: r.Intent, Mark: r.Mark, Pause: r.Pause, Last: r.Last, Skew: time.Duration(r.SkewMS) * time.Millisecond,
		unknown: members,
	}, nil
}

func encodeState(s *State) ([]byte, error) {
	b, err := json.Marshal(record{
		Identity: s.Identity, Access: s.Access.Reveal(), Refresh: s.Refresh.Reveal(), ID: s.ID.Reveal(),
		Obtained: s.Obtained.Wall.UTC(), BootMS: s.Obtained.Boot.Milliseconds(), Boot: s.Obtained.Of,
		LifeMS: s.Life.Milliseconds(), IDLifeMS: s.IDLife.Milliseconds(), Scope: s.Scope, Parts: encodeParts(s.Parts), Generation: s.Generation,
		Intent: s.Intent, Mark: s.Mark, Pause: s.Pause, Last: s.Last, SkewMS: s.Skew.Milliseconds(),
	})
	if err != nil || len(s.unknown) == 0 {
		return b, err
	}
	members := maps.Clone(s.unknown)
	if err := json.Unmarshal(b, &members); err != nil {
		return nil, err
	}
	return json.Marshal(members)
}

// digest identifies a secret: its SHA-256 in hex; empty for an empty one.
func digest(t secret.Text) string {
	if t.Empty() {
		return ""
	}
	sum := sha256.Sum256([]byte(t.Reveal()))
	return hex.EncodeToString(sum[:])
}

// lot is a number from 0 to 1 that is derived from the token, so it is the same for every replica.
func (s *State) lot() float64 {
	t := s.Refresh
	if t.Empty() {
		t = s.Access
	}
	return lotOf(t)
}

// due is the remaining life at which the token is renewed.
func (s *State) due() time.Duration { return policy.DuePublished(s.Life, s.lot()) }

// left is the remaining life of the profile's own access token; negative: it has expired, or there is none.
func (s *State) left(now Stamp) time.Duration {
	p := s.part("")
	return p.left(now)
}

// doubt is an intent by which the stored refresh token may be spent; nil: there is none.
func (s *State) doubt() *Intent {
	if s.Intent != nil && s.Intent.Digest == digest(s.Refresh) && !s.Refresh.Empty() {
		return s.Intent
	}
	return nil
}

// spent reports whether the stored refresh token is marked as spent.
func (s *State) spent() bool {
	return s.Mark != nil && !s.Refresh.Empty() && s.Mark.Digest == digest(s.Refresh)
}

// The values of a state Secret's annotation credential-idcs/state.
const (
	StateFresh       = "fresh"
	StateStale       = "stale"
	StateExpired     = "expired"
	StateLoginNeeded = "login_needed"
	StateNone        = "none"
)

// annotate writes what is no secret into annotations.
func (s *State) annotate(a map[string]string) {
	set := func(name, value string) {
		if value == "" {
			delete(a, name)
		} else {
			a[name] = value
		}
	}
	expires, state, last, inDoubt := "", StateFresh, "", ""
	if first := s.ends(); !first.IsZero() {
		expires = first.UTC().Format(time.RFC3339)
	}
	switch {
	case len(s.tokens()) == 0 && s.Refresh.Empty():
		state = StateNone
	case s.spent():
		state = StateLoginNeeded
	}
	if f := s.Trouble(); f != nil {
		last = fmt.Sprintf("%s %s", f.At.UTC().Format(time.RFC3339), f.Text)
	}
	if i := s.doubt(); i != nil {
		inDoubt = i.At.UTC().Format(time.RFC3339)
	}
	set(annotationExpires, expires)
	set(annotationState, state)
	set(annotationLastError, last)
	set(annotationInDoubt, inDoubt)
	set(annotationGeneration, strconv.FormatInt(s.Generation, 10))
}
