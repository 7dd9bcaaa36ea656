package ident

import "strings"

// The hosts of our requests are decided here, and no setting extends them: Oracle's own clients take realms from variables,
// files and the metadata service, each of which can send a signed request to any host.

// ParseRegion returns the region that a name (us-ashburn-1) or a key (iad) stands for. ok: it is a
// region's name by its form, known or not, or a known key.
func ParseRegion(s string) (region string, ok bool) {
	s = strings.ToLower(s)
	if r := regionOfKey(s); r != "" {
		return r, true
	}
	return s, isRegion(s)
}

// isRegion reports whether s looks like xx-name-1 or xx-more-name-1: it becomes a label of a host's name.
func isRegion(s string) bool {
	parts := strings.Split(s, "-")
	last := len(parts) - 1
	if last < 2 || len(s) > 40 || len(parts[0]) != 2 {
		return false
	}
	for i, p := range parts {
		low, high := byte('a'), byte('z')
		if i == last {
			low, high = '0', '9'
		}
		if p == "" || strings.TrimFunc(p, func(r rune) bool { return rune(low) <= r && r <= rune(high) }) != "" {
			return false
		}
	}
	return true
}

// IsRegistry reports whether a host, in lower case and without a port, is one of OCIR's: KEY.ocir.io,
// REGION.ocir.io or ocir.REGION.oci.SLD with the region's own second-level domain. region is "" for a
// key that isn't known: the host is Oracle's nevertheless.
func IsRegistry(host string) (region string, ok bool) {
	if label, found := strings.CutSuffix(host, ".ocir.io"); found {
		if isRegion(label) {
			return label, true
		}
		return regionOfKey(label), isKey(label)
	}
	if rest, found := strings.CutPrefix(host, "ocir."); found {
		region, domain, _ := strings.Cut(rest, ".oci.")
		return region, isRegion(region) && domain == secondLevel(region)
	}
	return "", false
}

// isKey reports whether a label has the form of a region's key.
func isKey(label string) bool {
	return len(label) == 3 && strings.Trim(label, "abcdefghijklmnopqrstuvwxyz") == ""
}

// ClusterRegion is the region of a cluster's OCID, ocid1.cluster.REALM.REGION.UNIQUE, where REGION is a key or a name; "":
// it has none that is known. ok: it is a cluster's OCID.
//
// https://docs.oracle.com/en-us/iaas/Content/General/Concepts/identifiers.htm
func ClusterRegion(ocid string) (region string, ok bool) {
	parts := strings.Split(ocid, ".")
	if len(parts) < 5 || parts[0] != "ocid1" || parts[1] != "cluster" || !IsOCID(ocid) || parts[len(parts)-1] == "" {
		return "", false
	}
	if region, known := ParseRegion(parts[3]); known {
		return region, true
	}
	return "", true
}

// IsOCID reports whether s has only bytes of an OCID, so that it can be put into a URL's path and a key ID.
//
//go:noinline
func IsOCID(s string) bool {
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '.' && c != '-' && c != '_' {
			return false
		}
	}
	return s != "" && len(s) <= 255
}

// AuthHost is the host that gives sessions and renews them.
//
//go:noinline
func AuthHost(region string) string { return "auth." + region + "." + secondLevel(region) }

// ClusterHost is the host of the signed request that is an OKE token; we send nothing there. Its domain is oraclecloud.com
// in every realm, as in the oci CLI.
func ClusterHost(region string) string { return "containerengine." + region + "." + defaultDomain }
