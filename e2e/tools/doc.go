// Package tools holds tests that run other people's package managers as people run them, set up by
// nothing but `credential-idcs configure`, against registries that take the domain's tokens alone.
package tools
