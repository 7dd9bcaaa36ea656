package tools

import (
	"slices"
	"testing"

	"github.com/credential-idcs/credential-idcs/internal/config"
)

func TestATargetCanBeForEachTool(t *testing.T) {
	for _, row := range All {
		if !slices.Contains(config.Tools, row.Name) {
			t.Errorf("config.Tools lacks %s", row.Name)
		}
	}
}
