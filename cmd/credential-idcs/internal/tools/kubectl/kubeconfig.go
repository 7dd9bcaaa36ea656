package kubectl

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/edit"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tool"
)

// A config is a kubeconfig, as far as it matters here.
// https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/
type config struct {
	Current  string         `yaml:"current-context"`
	Clusters []namedCluster `yaml:"clusters"`
	Contexts []namedContext `yaml:"contexts"`
	Users    []namedUser    `yaml:"users"`
}

type namedCluster struct {
	Name    string `yaml:"name"`
	Cluster struct {
		Server     string `yaml:"server"`
		Insecure   bool   `yaml:"insecure-skip-tls-verify"`
		CA         string `yaml:"certificate-authority"`
		CAData     string `yaml:"certificate-authority-data"`
		Extensions []struct {
			Name      string    `yaml:"name"`
			Extension yaml.Node `yaml:"extension"`
		} `yaml:"extensions"`
	} `yaml:"cluster"`
	file string
}

type namedContext struct {
	Name    string `yaml:"name"`
	Context struct {
		Cluster string `yaml:"cluster"`
		User    string `yaml:"user"`
	} `yaml:"context"`
}

type namedUser struct {
	Name string `yaml:"name"`
	User struct {
		Exec      *execConfig         `yaml:"exec"`
		Token     string              `yaml:"token"`
		TokenFile string              `yaml:"tokenFile"`
		Username  string              `yaml:"username"`
		Password  string              `yaml:"password"`
		Cert      string              `yaml:"client-certificate"`
		CertData  string              `yaml:"client-certificate-data"`
		Provider  *yaml.Node          `yaml:"auth-provider"`
		As        string              `yaml:"as"`
		AsUID     string              `yaml:"as-uid"`
		AsGroups  []string            `yaml:"as-groups"`
		AsExtra   map[string][]string `yaml:"as-user-extra"`
	} `yaml:"user"`
	file string
}

type execConfig struct {
	APIVersion      string   `yaml:"apiVersion"`
	Command         string   `yaml:"command"`
	Args            []string `yaml:"args"`
	InteractiveMode string   `yaml:"interactiveMode"`
	ProvideCluster  bool     `yaml:"provideClusterInfo"`
	Env             []envVar `yaml:"env"`
}

type envVar struct {
	Name  string `yaml:"name"`
	Value string `yaml:"value"`
}

// ours reports whether the entry runs this program, with any path.
func (e *execConfig) ours() bool { return e != nil && tool.IsUs(e.Command) }

// exec is the exec setting of an entry; nil: it has none.
func (u *namedUser) exec() *execConfig {
	if u == nil {
		return nil
	}
	return u.User.Exec
}

// findOption is the index of an option in args, and its value; -1: there is none. --name=value is one argument.
func findOption(args []string, names ...string) (i int, value string) {
	for i, arg := range args {
		for _, name := range names {
			if len(arg) > len(name) && arg[:len(name)+1] == name+"=" {
				return i, arg[len(name)+1:]
			}
			if arg == name && i+1 < len(args) {
				return i, args[i+1]
			}
		}
	}
	return -1, ""
}

var profileOption = []string{"--profile", "-profile", "-p"}

// kubeFiles are the files of $KUBECONFIG, else ~/.kube/config: at least one.
// https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/
func kubeFiles(env tool.Env) ([]string, error) {
	var out []string
	seen := map[string]bool{}
	for _, f := range filepath.SplitList(env.Get("KUBECONFIG")) {
		if f == "" {
			continue
		}
		if f = env.Abs(f); !seen[f] {
			seen[f] = true
			out = append(out, f)
		}
	}
	if len(out) > 0 {
		return out, nil
	}
	env.Home = kubeHome(env)
	f, err := env.InHome(".kube", "config")
	return []string{f}, err
}

// kubeHome is the home directory as kubectl finds it: on Windows the first one that has a kubeconfig, else the first
// that is there. util/homedir of https://github.com/kubernetes/client-go.
func kubeHome(env tool.Env) string {
	if runtime.GOOS != "windows" {
		return env.Home
	}
	for _, home := range []string{env.Get("HOME"), env.DriveHome(), env.Home} {
		if home != "" && edit.Exists(filepath.Join(home, ".kube", "config")) {
			return env.Abs(home)
		}
	}
	for _, home := range []string{env.Get("HOME"), env.Home, env.DriveHome()} {
		if home != "" && edit.Exists(home) {
			return env.Abs(home)
		}
	}
	return env.Home
}

// errNotKubeconfig is returned for a file that isn't a kubeconfig, or can't be read as one.
var errNotKubeconfig = errors.New("it is no kubeconfig")

// decode reads one file.
func decode(b []byte) (config, error) {
	var c config
	if len(b) == 0 {
		return c, nil
	}
	if _, err := edit.ParseYAML(b); err != nil {
		return c, err
	}
	if yaml.Unmarshal(b, &c) != nil { // its error may quote a secret
		return c, errNotKubeconfig
	}
	return c, nil
}

// merge merges the files of $KUBECONFIG as kubectl does: of each name the first counts. A file that can't be read as a
// kubeconfig counts as empty.
func merge(files []string, contents [][]byte) (all config) {
	for i, b := range contents {
		c, err := decode(b)
		if err != nil {
			continue
		}
		if all.Current == "" {
			all.Current = c.Current
		}
		for _, x := range c.Clusters {
			if all.cluster(x.Name) == nil {
				x.file = files[i]
				all.Clusters = append(all.Clusters, x)
			}
		}
		for _, x := range c.Contexts {
			if all.context(x.Name) == nil {
				all.Contexts = append(all.Contexts, x)
			}
		}
		for _, x := range c.Users {
			if all.user(x.Name) == nil {
				x.file = files[i]
				all.Users = append(all.Users, x)
			}
		}
	}
	return all
}

func (c *config) cluster(name string) *namedCluster {
	i := slices.IndexFunc(c.Clusters, func(x namedCluster) bool { return x.Name == name })
	if i < 0 {
		return nil
	}
	return &c.Clusters[i]
}

func (c *config) context(name string) *namedContext {
	i := slices.IndexFunc(c.Contexts, func(x namedContext) bool { return x.Name == name })
	if i < 0 {
		return nil
	}
	return &c.Contexts[i]
}

func (c *config) user(name string) *namedUser {
	i := slices.IndexFunc(c.Users, func(x namedUser) bool { return x.Name == name })
	if i < 0 {
		return nil
	}
	return &c.Users[i]
}

// infoLimit is how many bytes a CA in base64 may have: Linux allows 128 KiB for one variable (MAX_ARG_STRLEN), and
// KUBERNETES_EXEC_INFO has the CA and more. With a larger one kubectl can't start us: "argument list too long".
const infoLimit = 131072 - 2048

// tooLarge reports whether a cluster's CA doesn't fit into KUBERNETES_EXEC_INFO.
func (c *namedCluster) tooLarge() bool {
	if c == nil {
		return false
	}
	if c.Cluster.CAData != "" || c.Cluster.CA == "" {
		return len(c.Cluster.CAData) > infoLimit
	}
	fi, err := os.Stat(c.caFile())
	return err == nil && fi.Size()/3*4 > infoLimit
}
