package doctor

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/credential-idcs/credential-idcs/cache"
	"github.com/credential-idcs/credential-idcs/cache/policy"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/call"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/engine"
	"github.com/credential-idcs/credential-idcs/internal/config"
	"github.com/credential-idcs/credential-idcs/internal/host"
	"github.com/credential-idcs/credential-idcs/internal/signin"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// headerLimit is what nginx and Apache take of one header by default, in bytes.
// https://nginx.org/en/docs/http/ngx_http_core_module.html#large_client_header_buffers
const headerLimit = 8 << 10

// tokenLimit is the token whose Basic header nears that: base64 makes four bytes of three.
const tokenLimit = 6100

// browser checks whether a login in the browser can begin on this machine.
func (d *Doctor) browser(p *config.Profile) {
	login := "credential-idcs login " + text.Word(p.Name)
	if err := signin.CanListen(p.RedirectURL, p.Listen); err != nil {
		command := ""
		if port, ok := errors.AsType[*signin.PortError](err); ok && !port.Login {
			command = d.holder(port.Address)
		}
		d.warn(of(p)+text.Clean(err.Error()), command)
		return
	}
	if err := (signin.Opener{Environ: d.Environ()}).Find(); err != nil {
		d.warn(of(p)+"no browser can be opened here: "+text.Clean(err.Error()), login+" --no-browser")
		return
	}
	d.ok(of(p) + "a browser can be opened, and come back to " + text.Clean(p.RedirectURL))
}

// rival checks whether a profile of another domain has the same redirect_url.
func (d *Doctor) rival(p *config.Profile) {
	if d.File == nil {
		return
	}
	if q := d.File.Rival(p); q != nil {
		d.problem(of(p)+text.Clean(SharedRedirect(p, q)), text.Edit(d.Config))
	}
}

// SharedRedirect is the message for two profiles of different domains with one redirect_url.
func SharedRedirect(p, q *config.Profile) string {
	return fmt.Sprintf("redirect_url %s (line %d) is also that of profile %s (line %d), of another domain, which could get its code; give one another port",
		p.RedirectURL, p.RedirectLine, q.Name, q.RedirectLine)
}

// holder is the command that shows which program listens at an address.
func (d *Doctor) holder(address string) string {
	port := address[strings.LastIndexByte(address, ':')+1:]
	_, err := host.Look(d.Getenv("PATH"), "ss")
	return text.WhoListens(port, err == nil)
}

// login checks what is stored, from the files alone.
func (d *Doctor) login(p *config.Profile, e *engine.Engine) {
	d.check, d.profile = "login", p.Name
	v := e.View()
	if v.Network {
		d.warn(of(p)+"the cache folder may be shared with other machines, so each of them needs a login of its own",
			text.Set("CREDENTIAL_IDCS_CACHE_DIR", "FOLDER"))
	}
	if v.Problem != nil {
		d.unusable(p, v.Problem)
		return
	}
	d.folder(p, e)
	if d.File != nil {
		d.seal(p, e, v)
	}
	d.state(p, v)
	d.life(p, v)
	d.minTTL(p, v.Expires.Sub(v.Obtained))
	if v.Size > tokenLimit {
		d.warn(of(p)+fmt.Sprintf("its token has %d bytes, and many servers take no header above %d, which git and docker reach with %d in Basic: ask for a narrower scope, or have fewer claims put into it", v.Size, headerLimit, tokenLimit), text.Edit(d.Config))
	}
	if v.Last != nil {
		again := "credential-idcs refresh " + text.Word(p.Name)
		if v.Ends != nil { // there is nothing to refresh with
			again = "credential-idcs login " + text.Word(p.Name)
		}
		d.warn(of(p)+"the last attempt failed at "+v.Last.At.Local().Format(time.DateTime)+": "+text.Clean(v.Last.Text), again)
	}
}

// folder checks whether tokens can be stored, and whether others can exchange the folder.
func (d *Doctor) folder(p *config.Profile, e *engine.Engine) {
	if err := e.Folder(); err != nil {
		command := d.Explain(p, err).Command
		if command == "" {
			command = text.Set("CREDENTIAL_IDCS_CACHE_DIR", "FOLDER")
		}
		d.warn(of(p)+"the cache folder's parent, "+text.Clean(err.Error())+", who can put another folder in its place", command)
	}
	err := e.CanStore()
	folder, ok := errors.AsType[*cache.FolderError](err)
	if ok && folder.Absent && p.Alone() { // served from memory
		d.warn(of(p)+"no token can be kept, each call asks the domain for a new one: "+text.Clean(err.Error()), text.Set("CREDENTIAL_IDCS_CACHE_DIR", "FOLDER"))
	} else if err != nil {
		d.unusable(p, err)
	}
}

// state says what is stored, and whether it can be refreshed.
func (d *Doctor) state(p *config.Profile, v cache.View) {
	login := "credential-idcs login " + text.Word(p.Name)
	switch {
	case p.Alone() && v.State == "none":
		d.ok(of(p) + "nothing is stored, and its login needs no person")
	case v.State == "none":
		d.warn(of(p)+"login needed, nothing is stored yet", login)
	case v.State == "login_needed":
		d.warn(of(p)+"login needed, what is stored can be neither used nor refreshed", login)
	case errors.Is(v.Ends, cache.ErrOtherMachine):
		d.warn(of(p)+"the stored tokens were copied from another machine, so nothing is refreshed", login)
	case errors.Is(v.Ends, cache.ErrCopied):
		d.warn(of(p)+"the token file is a copy, so nothing is refreshed", login)
	case v.Ends != nil && !errors.Is(v.Ends, cache.ErrNoRefresh):
		d.warn(of(p)+"the refresh token is spent, so the login ends with its present token", login)
	case !v.Refresh && v.State != "expired":
		said := "the login brought no refresh token, so it ends with its first token"
		if advice := d.Advice(p, signin.ErrNoRefresh); advice != "" {
			said += "; " + advice
		}
		d.warn(of(p)+said, login)
	default:
		d.ok(of(p) + "logged in, the token is " + v.State)
	}
}

// life warns of a token that lives longer than expiry asks for.
func (d *Doctor) life(p *config.Profile, v cache.View) {
	life := v.Expires.Sub(v.Obtained)
	if p.Expiry == 0 || life <= p.Expiry+time.Minute {
		return
	}
	said := fmt.Sprintf("its token lives %s, longer than the %s that expiry asks for", text.Duration(life), text.Duration(p.Expiry))
	if p.RefreshScope == "" { // https://docs.oracle.com/cd/F88966_01/English/Integration_Documentation/p6_eppm_web_services_programming/102910.htm
		said += fmt.Sprintf("; refresh_scope = %q asks for it with each refresh, too", p.LoginScope())
	}
	d.warn(of(p)+said, text.Edit(d.Config))
}

// minTTL warns of a min_ttl that the life of the profile's tokens leaves no room for.
func (d *Doctor) minTTL(p *config.Profile, life time.Duration) {
	switch {
	case life <= 0:
		life = p.Expiry // nothing is stored: the life that a login will ask for
	case life > 10*time.Minute:
		life = life.Round(time.Minute) // without the seconds of the request
	}
	for i := range p.Targets {
		t, most := &p.Targets[i], policy.Most(life)
		if life <= 0 || t.MinTTL <= most || call.Derived(p, t) {
			continue
		}
		d.warn(of(p)+fmt.Sprintf("min_ttl = %s of %s counts as %s only, three quarters of what its tokens live; a longer life is set in the domain, or asked for by expiry",
			text.Duration(t.MinTTL), t.String(), text.Duration(most)), text.Edit(d.Config))
	}
}

// unusable reports a cache folder, or a file in it, that can't be used.
func (d *Doctor) unusable(p *config.Profile, err error) {
	f := d.Explain(p, err)
	d.problem(f.Message, f.Command)
}

// seal warns of tokens that are sealed otherwise than the configuration says, and of a key that can't be had.
func (d *Doctor) seal(p *config.Profile, e *engine.Engine, v cache.View) {
	configured := cmp.Or(d.File.Seal, "none")
	switch lies := v.Seal; {
	case v.State == "none" || lies == configured:
	case configured == "none":
		d.warn(of(p)+"its tokens are sealed (seal = "+strconv.Quote(lies)+"), and the configuration says none", "credential-idcs seal "+text.Word(p.Name))
	case lies == "none":
		d.warn(of(p)+"its tokens lie in the open, and the configuration says seal = "+strconv.Quote(configured), "credential-idcs seal "+text.Word(p.Name))
	default:
		d.warn(of(p)+"its tokens are sealed (seal = "+strconv.Quote(lies)+"), and the configuration says seal = "+strconv.Quote(configured), "credential-idcs seal "+text.Word(p.Name))
	}
	if err := e.Sealing(false); err != nil {
		f := d.Explain(p, err)
		if f.Command == "credential-idcs doctor "+text.Word(p.Name) {
			f.Command = text.Edit(d.Config)
		}
		d.problem(f.Message, f.Command)
	}
}
