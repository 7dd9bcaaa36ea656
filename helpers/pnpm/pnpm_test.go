package pnpm

import (
	"testing"

	"github.com/credential-idcs/credential-idcs/internal/helpertest"
)

func TestTranscripts(t *testing.T) { helpertest.Transcripts(t, Helper) }
