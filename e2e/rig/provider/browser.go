package provider

import (
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
)

// The forms of the provider's pages, which their own script submits without a person.
var (
	form  = regexp.MustCompile(`(?s)<form[^>]*method="post"[^>]*action="([^"]*)"[^>]*>(.*?)</form>`)
	input = regexp.MustCompile(`(?s)<input[^>]*>`)
	name  = regexp.MustCompile(`\bname="([^"]*)"`)
	value = regexp.MustCompile(`\bvalue="([^"]*)"`)
)

// maxPages is how many pages in a row may be forms: the code's, its confirmation, and some to spare.
const maxPages = 5

// Browse goes to an address as a person's browser would, with a cookie jar of its own, following
// redirects and submitting forms, until a page has none. It returns that page.
func (s *Server) Browse(address string) (page string, err error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return "", err
	}
	browser := &http.Client{Transport: s.HTTP.Transport, Jar: jar}
	resp, err := browser.Get(address)
	for range maxPages {
		if err != nil {
			return "", err
		}
		body, err := read(resp)
		if err != nil {
			return "", err
		}
		found := form.FindStringSubmatch(body)
		if found == nil {
			return body, nil
		}
		action, err := resp.Request.URL.Parse(html.UnescapeString(found[1]))
		if err != nil {
			return "", err
		}
		resp, err = browser.PostForm(action.String(), fields(found[2]))
		if err != nil {
			return "", err
		}
	}
	_ = resp.Body.Close()
	return "", fmt.Errorf("%s: one form after another", address)
}

// fields is what a form's inputs hold.
func fields(inside string) url.Values {
	v := url.Values{}
	for _, tag := range input.FindAllString(inside, -1) {
		n, x := name.FindStringSubmatch(tag), value.FindStringSubmatch(tag)
		if n != nil && x != nil {
			v.Set(n[1], html.UnescapeString(x[1]))
		}
	}
	return v
}

// read reads a page that isn't an error.
func read(resp *http.Response) (string, error) {
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err == nil && resp.StatusCode/100 != 2 {
		err = fmt.Errorf("%s: %s\n%s", resp.Request.URL.Path, resp.Status, body)
	}
	return string(body), err
}
