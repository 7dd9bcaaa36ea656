package docker

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func FuzzDockerFile(f *testing.F) {
	for _, c := range dockerFiles {
		f.Add(c, "reg.example.com")
	}
	f.Add(`{"credHelpers":{"a":1}}`, "a")
	f.Add("{\"a\":{\"b\":\"\xff\"}}", "<b>")
	f.Fuzz(func(t *testing.T, before, host string) {
		after, err := addHelper([]byte(before), host, false)
		if err != nil || string(after) == before {
			var other otherHelper
			if err == nil && decoded(t, before)["credHelpers"].(map[string]any)[strings.ToValidUTF8(host, "\ufffd")] != "idcs" && !errors.As(err, &other) {
				t.Fatalf("nothing was done to %q", before)
			}
			return
		}
		if strings.ToValidUTF8(host, "") != host {
			return // hosts have passed the matcher
		}
		if diff := cmp.Diff(addIdcs(decoded(t, before), host), decoded(t, string(after))); diff != "" {
			t.Fatalf("something else changed:\n%s\n%q", diff, after)
		}
		if hidden := hideSecrets(after); !json.Valid(hidden) {
			t.Fatalf("hidden: %q", hidden)
		}
		again, err := addHelper(after, host, false)
		if err != nil || !bytes.Equal(again, after) {
			t.Fatalf("twice: %v %q", err, again)
		}
		undone, err := dropHelper(after, host)
		if err != nil || string(undone) != before {
			t.Fatalf("undone: %v\ngot  %q\nwant %q\nafter %q", err, undone, before, after)
		}
	})
}
