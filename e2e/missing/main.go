// Missing lists the programs that tests need and that this machine lacks: a test that needs one skips
// without it, and `go test` doesn't show that without -v.
//
//	go run ./e2e/missing
//
// The exit status is 0 also where something is missing: the tests pass without it.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"text/tabwriter"
)

// A tool is a program that a test finds on PATH.
type tool struct {
	name    string
	debian  string // the package that has it; "": .ci/run builds it
	unlocks string // what is tested with it
}

var tools = []tool{
	{"actionlint", "", "the workflows"},
	{"bash", "bash", "the README's commands, completion"},
	{"bindfs", "bindfs", "a cache folder on a file system that can't lock"},
	{"buildah", "buildah", "images from a registry"},
	{"buildx", "", "images from a registry"},
	{"cargo", "cargo", "crates from a private registry"},
	{"certtool", "gnutls-bin", "a TPM behind an ssh agent as a signer"},
	{"chromium", "chromium", "the browser login in a browser"},
	{"crane", "", "images from a registry"},
	{"credential-idcs-wine", "", "the program for Windows"},
	{"curl", "curl", "`credential-idcs token` in scripts"},
	{"cyclonedx-gomod", "", "a release"},
	{"dbus-daemon", "dbus", "sealed tokens with a key in a desktop's keyring"},
	{"docker", "docker.io", "images from a registry; the demo's docker"},
	{"docker-registry", "docker-registry", "a registry with a token server"},
	{"dockerd", "docker.io", "docker login, pull and push with an engine (needs root)"},
	{"dpkg", "dpkg", "the package for Debian"},
	{"etcd", "etcd-server", "a Kubernetes API server"},
	{"fish", "fish", "completion"},
	{"flux-credentials", "", "Flux, which reads published Secrets"},
	{"git", "git", "clone, fetch and push; the demo; install.sh"},
	{"git-lfs", "git-lfs", "large files over git"},
	{"git-trixie", "", "git 2.47 and its Bearer"},
	{"gnome-keyring-daemon", "gnome-keyring", "sealed tokens with a key in a desktop's keyring"},
	{"goreleaser", "", "a release"},
	{"gpg", "gpg", "GnuPG's agent as a signer"},
	{"gpg-agent", "gpg-agent", "GnuPG's agent as a signer"},
	{"gpgconf", "gpgconf", "GnuPG's agent as a signer"},
	{"helm", "", "charts from a registry"},
	{"keyctl", "keyutils", "sealed tokens with a key of the kernel's"},
	{"krew", "", "kubectl's plugin"},
	{"kube-apiserver", "", "a Kubernetes API server that trusts the domain"},
	{"kubectl", "", "the kubeconfig's user; the demo's kubectl"},
	{"kubectl-1.37", "", "kubectl's allowlist of plugins"},
	{"kubelet-credentials", "", "image pulls of a kubelet"},
	{"kubelet-pull-secrets", "", "a kubelet that pulls with a published Secret"},
	{"lintian", "lintian", "the package for Debian"},
	{"man", "man-db", "the manual pages of the packages"},
	{"mandoc", "mandoc", "the manual pages"},
	{"node", "nodejs", "a certified OpenID provider; Google's library"},
	{"npm", "npm", "npm with a token of the program"},
	{"openssl", "openssl", "a command as a signer"},
	{"oras", "", "artefacts from a registry"},
	{"pip", "python3-pip", "pip beside a real keyring"},
	{"pkcs11-tool", "opensc", "a TPM behind an ssh agent as a signer"},
	{"pnpm", "", "packages from a private registry"},
	{"pnpm-12", "", "packages from a private registry"},
	{"podman", "podman", "images from a registry"},
	{"prlimit", "util-linux", "what a process may use"},
	{"python3", "python3-pip", "pip (23.1 and later) from a private index"},
	{"rpm", "rpm", "the package for Fedora and its relatives"},
	{"ruby", "ruby", "the Homebrew formula"},
	{"script", "bsdutils", "the quick start at a terminal"},
	{"sed", "sed", "git submodule"},
	{"setcap", "libcap2-bin", "a program with privileges of its own (needs root)"},
	{"setpriv", "util-linux", "other users (needs root)"},
	{"setsid", "util-linux", "children that stay"},
	{"sh", "dash", "install.sh"},
	{"skopeo", "skopeo", "images from a registry"},
	{"softhsm2-util", "softhsm2", "an HSM behind an ssh agent as a signer"},
	{"ssh-add", "openssh-client", "ssh agents as signers"},
	{"ssh-agent", "openssh-client", "ssh agents as signers"},
	{"strace", "strace", "system calls, kills and faults at each of them (needs root)"},
	{"swtpm", "swtpm", "a TPM as a signer"},
	{"tar", "tar", "a release"},
	{"terraform", "", "modules from a private registry"},
	{"tmux", "tmux", "the program at a terminal"},
	{"tofu", "", "modules from a private registry"},
	{"tpm2", "tpm2-tools", "a TPM as a signer"},
	{"unshare", "util-linux", "full disks, read-only homes, hosts with names of their own"},
	{"validate-krew-manifest", "", "kubectl's plugin"},
	{"zbarimg", "zbar-tools", "the QR code of a device login"},
	{"zsh", "zsh", "completion"},
}

func main() {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	n := 0
	for _, t := range tools {
		if _, err := exec.LookPath(t.name); err == nil {
			continue
		}
		n++
		from := ".ci/run builds it"
		if t.debian != "" {
			from = "apt-get install " + t.debian
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", t.name, t.unlocks, from)
	}
	if err := w.Flush(); err != nil {
		fmt.Fprintln(os.Stderr, "missing:", err)
		os.Exit(1)
	}
	fmt.Printf("%d of %d programs are missing; tests that need one skip, go test -v shows them\n", n, len(tools))
	if os.Geteuid() != 0 {
		fmt.Println("some tests need root, such as those with strace, and skip")
	}
}
