package idcs

import "time"

// MaxExpiry is the longest life of any token: about a year.
//
// https://docs.oracle.com/en-us/iaas/Content/Identity/api-getstarted/TokenExpiryTable.htm
const MaxExpiry = 31556952 * time.Second
