package text

import "strings"

// List is "a, b or c", with the word before the last one: "or", "and".
func List(words []string, before string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " " + before + " " + words[last]
}
