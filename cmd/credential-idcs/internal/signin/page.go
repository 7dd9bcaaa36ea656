package signin

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html"
	"strings"
)

// The page has its style inside, since it is gone with the listener and may load nothing.
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

func success(domain string) []byte {
	return fill("good", tick, "You are logged in", "", "Go back to the terminal. This window can be closed.", domain)
}

// failure gives the reason, a clean line or empty.
func failure(domain, reason string) []byte {
	return fill("bad", cross, "The login failed", reason, "Go back to the terminal: it says what to do next. This window can be closed.", domain)
}

// notOurs is for a visitor who isn't the answer. The login goes on.
func notOurs(domain, reason string) []byte {
	return fill("odd", mark, "Not the answer to this login", reason, "Nothing was changed: the login in the terminal is still waiting. Use the address shown there.", domain)
}

func fill(kind, icon, title, reason, next, domain string) []byte {
	if reason != "" {
		reason = `<p class="reason">` + html.EscapeString(reason) + "</p>\n"
	}
	domain = strings.TrimPrefix(domain, "https://")
	return []byte(strings.NewReplacer(
		"{{style}}", pageCSS,
		"{{kind}}", kind,
		"{{icon}}", icon,
		"{{title}}", html.EscapeString(title),
		"{{reason}}", reason,
		"{{next}}", html.EscapeString(next),
		"{{domain}}", strings.ReplaceAll(html.EscapeString(domain), ".", ".<wbr>"), // 66 letters in life
	).Replace(pageHTML))
}

// policy lets the page use its own style, and nothing else at all.
func policy() string {
	sum := sha256.Sum256([]byte(pageCSS))
	return "default-src 'none'; img-src data:; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}
