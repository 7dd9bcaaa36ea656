package signin

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html"
	"strings"

	"github.com/credential-idcs/credential-idcs/internal/text"
)

// The page contains its style, since it may load nothing.
var (
	//go:embed page.html
	pageHTML string
	//go:embed page.css
	pageCSS string
)

const (
	tick  = `<path d="M7 12.5l3.5 3.5L17 9"/>`
	cross = `<path d="M8 8l8 8M16 8l-8 8"/>`
	mark  = `<path d="M12 6.5v7M12 17.2v.1"/>`
)

// A sign is the last line of each page, with the profile and the domain of the login. The zero sign has neither.
type sign struct{ profile, domain string }

func (s sign) success() []byte {
	return s.fill("good", tick, "You are logged in", "Go back to the terminal. This window can be closed.", "")
}

// failure gives the reason, a clean line or empty.
func (s sign) failure(reason string) []byte {
	return s.fill("bad", cross, "The login failed", "Go back to the terminal: it says what to do next. This window can be closed.", reason)
}

// notOurs is the page for a request that isn't the answer. The login goes on.
func (s sign) notOurs(reason string) []byte {
	return s.fill("odd", mark, "Not the answer to this login", "Nothing was changed: the login in the terminal is still waiting. Use the address shown there.", reason)
}

// fill makes a page. What to do next is before the reason, which may be long.
func (s sign) fill(kind, icon, title, next, reason string) []byte {
	if reason != "" {
		reason = `<p class="reason">` + html.EscapeString(reason) + "</p>\n"
	}
	foot := serverName
	if s.profile != "" {
		domain := html.EscapeString(strings.TrimPrefix(s.domain, "https://"))
		foot += ", profile " + html.EscapeString(text.Clean(s.profile)) + "<br>" + strings.ReplaceAll(domain, ".", ".<wbr>") // 66 letters in life
	}
	return []byte(strings.NewReplacer(
		"{{style}}", pageCSS,
		"{{kind}}", kind,
		"{{icon}}", icon,
		"{{title}}", html.EscapeString(title),
		"{{reason}}", reason,
		"{{next}}", html.EscapeString(next),
		"{{foot}}", foot,
	).Replace(pageHTML))
}

// policy is the Content-Security-Policy that allows the page's own style, and nothing else.
func policy() string {
	sum := sha256.Sum256([]byte(pageCSS))
	return "default-src 'none'; img-src data:; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}
