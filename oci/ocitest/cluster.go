package ocitest

import (
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strings"
)

// VerifyCluster judges a token for an OKE cluster, as the cluster's own webhook would: the signed GET
// that it is, for this cluster in this region, no more than 5 minutes old. It returns whose it is.
//
// Read in oci-cli 3.89.3, containerengine_cli_extended.py:45-90.
func (s *Server) VerifyCluster(token, cluster, region string) (subject string, err error) {
	raw, err := base64.URLEncoding.Strict().DecodeString(token) // with its padding
	if err != nil {
		return "", errors.New("the token is no base64url with padding")
	}
	address, rawQuery, ok := strings.Cut(string(raw), "?")
	host := "containerengine." + region + ".oraclecloud.com"
	target := "/cluster_request/" + cluster
	if !ok || address != "https://"+host+target {
		return "", errors.New("the token is for another URL")
	}
	pairs := strings.Split(rawQuery, "&")
	if len(pairs) != 2 {
		return "", errors.New("the token hasn't two parameters")
	}
	query, err := url.ParseQuery(rawQuery)
	if err != nil || len(query["authorization"]) != 1 || len(query["date"]) != 1 {
		return "", errors.New("the token hasn't authorization and date, each once")
	}
	caller, err := s.Verify(Signed{
		Method: http.MethodGet, Target: target, Host: host,
		Header: http.Header{"Authorization": query["authorization"], "Date": query["date"]},
	})
	return caller.Subject, err
}
