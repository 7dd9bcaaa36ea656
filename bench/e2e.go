package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/credential-idcs/credential-idcs/bench/lab"
	"github.com/credential-idcs/credential-idcs/e2e/rig/servers"
)

// A client is what a person runs, with the credential from the program and with one that it has already.
type client struct {
	what          string
	with, without lab.Task
}

// operations measures how much of an operation of git, kubectl and docker is the helper's, on loopback.
func (b *bench) operations() error {
	l, err := b.lab(lab.Options{})
	if err != nil {
		return err
	}
	defer l.Close()
	clients, closeServers, err := b.clients(l)
	if err != nil {
		return err
	}
	defer closeServers()
	var candidates []candidate
	for _, c := range clients {
		candidates = append(candidates, candidate{l, c.without}, candidate{l, c.with})
	}
	figures, err := b.measure(candidates, max(5, b.rounds/2))
	if err != nil {
		return err
	}
	b.figures["e2e"] = figures
	b.printf("| one operation on loopback | without a helper, wall ms | with this one | the difference |\n|---|---|---|---|")
	for i, c := range clients {
		without, with := figures[2*i], figures[2*i+1]
		helper := make([]float64, len(with.walls)) // round by round: the machine's speed drifts
		for round := range helper {
			helper[round] = with.walls[round] - without.walls[round]
		}
		b.printf("| %s | %.1f | %.1f | %.1f, %.0f %% |", c.what, without.Wall, with.Wall, median(helper), 100*median(helper)/with.Wall)
	}
	b.printf("")
	return nil
}

// clients starts the servers and writes what the clients read. Those that aren't installed are left out.
func (b *bench) clients(l *lab.Lab) (clients []client, close func(), err error) {
	var started []*servers.Server
	close = func() {
		for _, s := range started {
			_ = s.Close()
		}
	}
	defer func() {
		if err != nil {
			close()
		}
	}()
	cert, err := l.Domain.CA.Issue("127.0.0.1")
	if err != nil {
		return nil, close, err
	}
	git, err := servers.Git(context.Background(), cert, l.Domain.Access, filepath.Join(l.Dir, "repositories"))
	if err != nil {
		return nil, close, err
	}
	started = append(started, git)
	registry, err := servers.Registry(cert, l.Domain.Access)
	if err != nil {
		return nil, close, err
	}
	started = append(started, registry)
	api, err := servers.API(cert, l.Domain.Access)
	if err != nil {
		return nil, close, err
	}
	started = append(started, api)
	if err := l.Configure(lab.Options{Targets: []string{git.URL, registry.URL, api.URL}}); err != nil {
		return nil, close, err
	}
	out, err := l.Command(l.Answers()["token"]).Output()
	if err != nil {
		return nil, close, err
	}
	token := strings.TrimSpace(string(out))
	if path, err := exec.LookPath("git"); err == nil {
		clients = append(clients, gitClients(l, path, git, token)...)
	}
	if path, err := exec.LookPath("kubectl"); err == nil {
		c, err := kubectlClient(l, path, api, token)
		if err != nil {
			return nil, close, err
		}
		clients = append(clients, c)
	}
	if path, err := exec.LookPath("docker"); err == nil {
		c, err := dockerClient(l, path, registry, token)
		if err != nil {
			return nil, close, err
		}
		clients = append(clients, c)
	}
	return clients, close, nil
}

// gitClients are git with the helper by its path and by its name.
func gitClients(l *lab.Lab, path string, server *servers.Server, token string) (clients []client) {
	env := []string{"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + os.DevNull, "GIT_TERMINAL_PROMPT=0", "GIT_SSL_CAINFO=" + l.Domain.CAFile}
	// In the address it comes as late as from a helper: git asks without it first, and gets 401.
	ask := []string{"ls-remote", server.URL + servers.Repository}
	known := strings.Replace(ask[1], "https://", "https://oauth2:"+token+"@", 1)
	without := lab.Task{Name: "git ls-remote, no helper", Args: []string{path, "ls-remote", known}, Env: env, Want: "refs/heads/main"}
	// For a name git starts another git, which finds the helper; a path is run at once.
	for _, helper := range []struct{ what, value string }{
		{"`git ls-remote`, helper by its path, as `configure git` writes it", l.Path("git-credential-idcs")},
		{"the same, helper by its name", "idcs"},
	} {
		with := lab.Task{Name: helper.what, Args: append([]string{path, "-c", "credential." + server.URL + ".helper=" + helper.value}, ask...), Env: env, Want: "refs/heads/main"}
		clients = append(clients, client{helper.what, with, without})
	}
	return clients
}

func kubectlClient(l *lab.Lab, path string, server *servers.Server, token string) (client, error) {
	helper, err := kubeconfig(l, "helper", server.URL, map[string]any{"exec": map[string]any{
		"apiVersion": "client.authentication.k8s.io/v1", "command": l.Path("credential-idcs"),
		"args": []string{"kubectl", "--profile", "work"}, "interactiveMode": "Never", "provideClusterInfo": true,
	}})
	if err != nil {
		return client{}, err
	}
	static, err := kubeconfig(l, "static", server.URL, map[string]any{"token": token})
	if err != nil {
		return client{}, err
	}
	get := []string{path, "get", "--raw", servers.WhoAmI, "--kubeconfig"}
	return client{"`kubectl get --raw`",
		lab.Task{Name: "kubectl get", Args: append(get[:5:5], helper), Want: "user"},
		lab.Task{Name: "kubectl get, no helper", Args: append(get[:5:5], static), Want: "user"},
	}, nil
}

func dockerClient(l *lab.Lab, path string, server *servers.Server, token string) (client, error) {
	helper, err := dockerConfig(l, "helper", map[string]any{"credHelpers": map[string]string{server.Host: "idcs"}})
	if err != nil {
		return client{}, err
	}
	basic := base64.StdEncoding.EncodeToString([]byte("oauth2:" + token))
	static, err := dockerConfig(l, "static", map[string]any{"auths": map[string]any{server.Host: map[string]string{"auth": basic}}})
	if err != nil {
		return client{}, err
	}
	inspect := []string{path, "manifest", "inspect", server.Host + "/" + servers.Image}
	trust := "SSL_CERT_FILE=" + l.Domain.CAFile
	return client{"`docker manifest inspect`",
		lab.Task{Name: "docker manifest inspect", Args: inspect, Env: []string{helper, trust}, Want: "layers"},
		lab.Task{Name: "docker manifest inspect, no helper", Args: inspect, Env: []string{static, trust}, Want: "layers"},
	}, nil
}

// kubeconfig writes one in JSON, which is YAML too, and returns its path.
func kubeconfig(l *lab.Lab, name, server string, user map[string]any) (string, error) {
	named := func(kind string, content map[string]any) []map[string]any {
		return []map[string]any{{"name": "bench", kind: content}}
	}
	text, err := json.Marshal(map[string]any{
		"apiVersion": "v1", "kind": "Config", "current-context": "bench",
		"clusters": named("cluster", map[string]any{"server": server, "certificate-authority": l.Domain.CAFile}),
		"users":    named("user", user),
		"contexts": named("context", map[string]any{"cluster": "bench", "user": "bench"}),
	})
	if err != nil {
		return "", err
	}
	path := filepath.Join(l.Dir, "kubeconfig-"+name)
	return path, os.WriteFile(path, text, 0o600)
}

// dockerConfig writes a configuration and returns the variable that names it.
func dockerConfig(l *lab.Lab, name string, config map[string]any) (string, error) {
	folder := filepath.Join(l.Dir, "docker-"+name)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", err
	}
	text, err := json.Marshal(config)
	if err != nil {
		return "", err
	}
	return "DOCKER_CONFIG=" + folder, os.WriteFile(filepath.Join(folder, "config.json"), text, 0o600)
}
