package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs-controller/internal/manifests"
	"github.com/credential-idcs/credential-idcs/internal/config"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

func manifestsVerb() *verb {
	return &verb{
		name: "manifests", words: "--config FILE --namespace NS (--image IMAGE [--replicas 2] [--egress-port N ...] | --secrets)",
		about: "print what the cluster needs to run the controller",
		text: `
No cluster is asked. What is printed holds exactly the rights that the
configuration needs, and no Secret:

  credential-idcs-controller manifests --config fleet.toml --namespace credential-idcs \
    --image registry.example.com/credential-idcs-controller:1.0.0 |
    kubectl apply --server-side --force-conflicts -f -
  credential-idcs-controller manifests --secrets --config fleet.toml --namespace credential-idcs |
    kubectl create -f -

  --config FILE      config.toml with [[publish]] tables
  --namespace NS     where the controller runs
  --image IMAGE      its image, best with a digest
  --replicas N       how many; one of them works, the others wait (2)
  --egress-port N    a port that its pods may reach too; may be repeated. 53, 443,
                     6443 and the ports of the domains are open
  --listen :PORT     the port of metrics and probes, "" for none (:8080)
  --secrets          print the Secrets instead, empty. They are to be created,
                     never applied: what is there is left alone
`,
		run: runManifests,
	}
}

// ports is a flag that may be repeated.
type ports []int32

func (p *ports) String() string { return "" }

func (p *ports) Set(s string) error {
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil || n == 0 {
		return fmt.Errorf("must be a port")
	}
	*p = append(*p, int32(n))
	return nil
}

// image is an image's name that YAML and a shell read as one word. It allows more than the kubelet does, by the grammar of
// https://github.com/distribution/reference.
var image = regexp.MustCompile(`^(?:\[:*)?[0-9A-Za-z]+(?:(?:[_.:@+\]-]+/?|/)[0-9A-Za-z]+)*$`)

func runManifests(_ context.Context, a *app, args []string) error {
	v := manifestsVerb()
	var plan manifests.Plan
	f := a.options(v)
	f.StringVar(&plan.Image, "image", "", "")
	replicas := f.Int("replicas", 2, "")
	f.Var((*ports)(&plan.Egress), "egress-port", "")
	listen := f.String("listen", ":8080", "")
	secrets := f.Bool("secrets", false, "")
	if _, err := a.parse(f, args, 0); err != nil {
		return err
	}
	help := "credential-idcs-controller manifests --help"
	switch {
	case a.namespace == "":
		return misuse("manifests: --namespace is missing", help)
	case plan.Image == "" && !*secrets:
		return misuse("manifests: --image is missing", help)
	case plan.Image != "" && !image.MatchString(plan.Image):
		return misuse("manifests: --image "+strconv.Quote(text.Clean(plan.Image))+" must be [HOST[:PORT]/]NAME[:TAG][@DIGEST]", help)
	case *replicas < 1 || *replicas > 100:
		return misuse("manifests: --replicas must be 1 to 100", help)
	}
	if *listen != "" {
		var p ports
		if !strings.HasPrefix(*listen, ":") || p.Set((*listen)[1:]) != nil || p[0] < 1024 {
			return misuse(`manifests: --listen must be :PORT, from :1024 on, or ""`, help)
		}
		plan.Port = p[0]
	}
	file, published, err := a.load()
	if err != nil {
		return err
	}
	plan.Namespace, plan.Replicas, plan.Publications = a.namespace, int32(*replicas), publications(published)
	if *secrets {
		return a.print(plan.PrintSecrets())
	}
	if plan.Config, err = os.ReadFile(file.Path); err != nil {
		return err
	}
	for _, p := range profiles(file, published) {
		a.gather(&plan, p)
		if port := domainPort(p.Domain); port != 0 {
			plan.Egress = append(plan.Egress, port)
		}
	}
	if err := a.print(plan.Print()); err != nil {
		return err
	}
	from := func(path string) string { return filepath.Join(filepath.Dir(file.Path), path) }
	if command := plan.FilesCommand(text.Word, from); command != "" {
		a.say("the configuration names files, which the pods get from a Secret that is not in the output:\n\t" + command)
	}
	return nil
}

func (a *app) print(b []byte, err error) error {
	if err == nil {
		_, err = a.Stdout.Write(b)
	}
	return err
}

func (a *app) say(line string) {
	_, _ = io.WriteString(a.Stderr, "credential-idcs-controller: "+line+"\n")
}

// gather adds the files that a profile names to the plan, and prints which of its settings the pods must have.
func (a *app) gather(plan *manifests.Plan, p *config.Profile) {
	for _, file := range p.Files() {
		name := filepath.ToSlash(filepath.Clean(file.Written))
		if filepath.IsAbs(file.Written) || strings.HasPrefix(name, "~") || strings.HasPrefix(name, "..") {
			a.say("profile " + p.Name + ": " + text.Clean(file.Written) + " stays as it is: the pods need that file there")
			continue
		}
		add(plan, name)
	}
	if p.OCI != nil {
		a.principal(plan, p)
	}
	if c := p.Client; c != nil && c.SecretEnv != "" {
		a.say("profile " + p.Name + ": the pods need the variable " + text.Clean(c.SecretEnv) + ", which secret_env names")
	} else if c != nil && c.SecretCommand != nil {
		a.say("profile " + p.Name + ": the pods need the program " + text.Clean(c.SecretCommand[0]) + ", which secret_command names")
	}
}

// principal adds what a profile's OCI principal needs to the plan. The service account token of workload is in the pods
// already, for the API server.
func (a *app) principal(plan *manifests.Plan, p *config.Profile) {
	o := p.OCI
	switch o.Principal {
	case config.PrincipalInstance:
		plan.Metadata = true
	case config.PrincipalWorkload:
		port := int32(workloadPort)
		if o.Endpoint != "" {
			port = domainPort(o.Endpoint)
		}
		if port != 0 {
			plan.Egress = append(plan.Egress, port)
		}
	case config.PrincipalResource:
		a.say("profile " + p.Name + ": the pods need the variables OCI_RESOURCE_PRINCIPAL_…")
	case config.PrincipalAPIKey:
		key := o.KeyFile()
		if name, ok := strings.CutPrefix(key, manifests.Folder+"/"); ok && name == path.Clean(name) {
			add(plan, name)
			return
		}
		if key == "" {
			key = "the key_file of [" + o.Profile + "]"
		}
		a.say("profile " + p.Name + ": " + text.Clean(key) + ", which " + text.Clean(o.File.Written) +
			" names, stays as it is: the pods need that file there; one in " + manifests.Folder + " comes with the others")
	}
}

// workloadPort is the port of an OKE cluster's endpoint for workload identity.
const workloadPort = 12250

// add adds a file once, under a key that a Secret can have.
func add(plan *manifests.Plan, path string) {
	key := strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("-_.", r) {
			return r
		}
		return '-'
	}, path)
	for _, f := range plan.Files {
		if f.Path == path {
			return
		}
		if f.Key == key {
			key += "-" + strconv.Itoa(len(plan.Files))
		}
	}
	plan.Files = append(plan.Files, manifests.File{Key: key, Path: path})
}

func domainPort(domain string) int32 {
	u, err := url.Parse(domain)
	if err != nil {
		return 0
	}
	n, _ := strconv.ParseUint(u.Port(), 10, 16)
	return int32(n)
}
