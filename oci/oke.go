package oci

import (
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/credential-idcs/credential-idcs/internal/secret"
	"github.com/credential-idcs/credential-idcs/oci/ident"
)

// ClusterLife is how long a ClusterToken signed at a time is used: 4 minutes, since the cluster accepts it for 5, and not
// longer than the session lives.
func (s Session) ClusterLife(at time.Time) time.Duration {
	const life = 240 * time.Second
	c, _ := ident.ReadClaims(s.KeyID.Reveal()) // an API key's has none
	if c.Expires == 0 {
		return life
	}
	return min(life, time.Unix(c.Expires, 0).Sub(at))
}

// ClusterToken is a token for an OKE cluster: a signed request, which the cluster sends to Oracle. Making it needs no
// network. cluster is an OCID, region a name or a key.
//
// It is what `oci ce cluster generate-token` prints: base64url with padding of a URL whose query has Authorization and
// Date. It has 1 to 6 KB, most of it the session token.
func (s Session) ClusterToken(cluster, region string, at time.Time) (secret.Text, error) {
	if _, ok := ident.ClusterRegion(cluster); !ok {
		return secret.Text{}, errors.New("the cluster's OCID can't be one")
	}
	region, ok := ident.ParseRegion(region)
	if !ok {
		return secret.Text{}, errors.New("the cluster's region can't be one")
	}
	m := &Message{
		Method: http.MethodGet,
		Host:   ident.ClusterHost(region),
		Target: "/cluster_request/" + cluster,
		Date:   date(at),
	}
	authorization, err := s.Authorization(m)
	if err != nil {
		return secret.Text{}, err
	}
	query := "authorization=" + url.QueryEscape(authorization.Reveal()) + "&date=" + url.QueryEscape(m.Date)
	return secret.New(base64.URLEncoding.EncodeToString([]byte("https://" + m.Host + m.Target + "?" + query))), nil
}

// date is a time as a Date header has it (RFC 9110 5.6.7).
func date(t time.Time) string { return t.UTC().Format(http.TimeFormat) }
