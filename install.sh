#!/bin/sh
# Installs credential-idcs. `./install.sh --help` is the manual.
#
# POSIX sh, with mktemp and readlink, which all systems have.
set -eu

# What is installed is for nobody else to change, whatever the shell's umask leaves open.
umask "$(printf '%04o' "$((0$(umask) | 022))")"

usage() {
	cat <<'END'
usage: ./install.sh [--prefix DIR] [--binary FILE]
       ./install.sh --uninstall [--prefix DIR]
       ./install.sh --demo

Builds credential-idcs from the sources beside this script and installs it into
DIR/bin, with the names under which git, docker and kubectl run it, and the
manual pages beside this script into DIR/share/man. Nothing else is written.

  --prefix DIR   where to install; default $PREFIX, else ~/.local
  --binary FILE  install this built program instead of building one
  --uninstall    take away what --prefix DIR got; nothing else
  --demo         install nothing: build into a temporary folder and run git,
                 docker and kubectl with it against servers on this machine;
                 no account is needed, and nothing is left behind
  --help         this text

Building needs Go. Without it, a built credential-idcs beside this script is
installed.
END
}

program=credential-idcs
pages='credential-idcs.1 git-credential-idcs.1 docker-credential-idcs.1 credential-idcs-config.5'
links='git-credential-idcs docker-credential-idcs kubectl-idcs bazel-credential-idcs cargo-credential-idcs
pnpm-token-idcs terraform-credentials-idcs'
module=github.com/credential-idcs/credential-idcs

say() { printf '%s\n' "$*"; }
warn() { printf 'install.sh: %s\n' "$*" >&2; }
fail() {
	warn "$*"
	exit 1
}
misuse() {
	warn "$*"
	usage >&2
	exit 2
}

source=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
tmp=     # the temporary folder
partial= # a folder of our own beside the names that something is going to have

# What is half done goes whatever happens; a signal becomes an exit, so that EXIT runs once.
cleanup() {
	[ -z "$tmp" ] || rm -rf -- "$tmp"
	[ -z "$partial" ] || rm -rf -- "$partial"
}
trap cleanup EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# has_source tells whether the sources of this program lie beside the script.
has_source() { [ -f "$source/go.mod" ] && grep -q "^module $module\$" "$source/go.mod"; }

# ours tells whether a file is a build of this program: Go writes the package's path into each, behind a
# word and a tab, which a script that only speaks of this project hasn't.
ours() { [ -f "$1" ] && [ ! -L "$1" ] && LC_ALL=C grep -q "path$(printf '\t')$module/cmd/$program" "$1"; }

# our_link tells whether a file is a link that this script made.
our_link() { [ -L "$1" ] && [ "$(readlink "$1")" = "$program" ]; }

# our_page tells whether a file is one of this project's manual pages: their first line says so.
our_page() { [ -f "$1" ] && head -n 1 "$1" | grep -q '^\.TH .* credential-idcs "'; }

exists() { [ -e "$1" ] || [ -L "$1" ]; }

# need_go fails unless the go on PATH can build this module. Go 1.21 and later fetch the version that
# go.mod asks for by themselves, where GOTOOLCHAIN lets them; `go env` tells which one will build.
need_go() {
	want=$(sed -n 's/^go //p' "$source/go.mod")
	command -v go >/dev/null 2>&1 ||
		fail "Go is not installed: version $want or later is needed, see https://go.dev/dl/"
	have=$(cd "$source" && go env GOVERSION) ||
		fail "this Go can't build it, version $want or later is needed, see https://go.dev/dl/"
	older "$have" "$want" || return 0
	fail "this is $have, version $want or later is needed, see https://go.dev/dl/"
}

# older tells whether version $1, such as go1.19.8, is below version $2, such as 1.26.1. What can't be
# read (a development version) counts as new.
older() {
	awk -v have="${1#go}" -v want="$2" 'BEGIN {
		if (have !~ /^[0-9]+\.[0-9]+/) exit 1
		split(have, h, /[^0-9]+/); split(want, w, /[^0-9]+/)
		if (have ~ /rc|beta/) h[3] = -1
		for (i = 1; i <= 3; i++) {
			if (h[i] + 0 < w[i] + 0) exit 0
			if (h[i] + 0 > w[i] + 0) exit 1
		}
		exit 1
	}'
}

# build writes the program to $1.
build() {
	need_go
	# The newest version that the changelog has, so that a tarball without git metadata knows it too.
	version=$(sed -n 's/^## \[\([0-9][^]]*\)\].*/\1/p' "$source/CHANGELOG.md" | head -n 1)
	# Go notes the commit in the program, but gives up where git finds fault with the folder.
	vcs=false
	if git -C "$source" status >/dev/null 2>&1; then vcs=auto; fi
	# The domain is asked by HTTP/1.1 only. HTTP/2 would be linked and made ready at every start all the
	# same: 373 KB, and a fifteenth of what a start costs.
	(
		cd "$source"
		CGO_ENABLED=0 GOWORK=off go build -trimpath -buildvcs="$vcs" -tags nethttpomithttp2 \
			-ldflags "-s -w -X $module/internal/build.linked=${version:-unknown}" -o "$1" "./cmd/$program"
	) || fail "the build failed"
}

# stage makes a folder in folder $1, where nobody else can put a link in the way of what is written.
# What is made there gets its name by a rename, so that everybody finds the old one or the new one.
stage() { partial=$(mktemp -d "$1/.$program.XXXXXX"); }

unstage() {
	rmdir -- "$partial"
	partial=
}

# link_names makes the other names in folder $1, each a relative link, so that the folder can be moved.
link_names() {
	stage "$1"
	for name in $links; do
		ln -s "$program" "$partial/$name"
		mv -f "$partial/$name" "$1/$name"
	done
	unstage
}

# refuse_foreign fails if one of our names in folder $1 is taken by something else.
refuse_foreign() {
	if exists "$1/$program" && ! ours "$1/$program"; then
		fail "$1/$program is not from this project; move it away, or use --prefix"
	fi
	for name in $links; do
		if exists "$1/$name" && ! our_link "$1/$name"; then
			fail "$1/$name is not from this project; move it away, or use --prefix"
		fi
	done
}

# warn_path says what stands between the user's shell and the program in folder $1.
warn_path() {
	case ":$PATH:" in
	*":$1:"*) ;;
	*)
		warn "$1 is not on PATH; git, docker and kubectl look there:"
		# shellcheck disable=SC2016 # $PATH is for the user's shell to expand
		printf '\texport PATH="%s:$PATH"\n' "$1" >&2
		return
		;;
	esac
	for name in $program $links; do
		first=$(command -v "$name") || continue
		[ "$first" = "$1/$name" ] || warn "$first comes first on PATH"
	done
}

# install_pages puts the manual pages beside the script below folder $1, each by rename. They are not
# what anybody waits for, so a page that can't be put there is said and no failure.
install_pages() {
	for page in $pages; do
		our_page "$source/man/$page" || continue
		to=$1/man${page##*.}
		if exists "$to/$page" && ! our_page "$to/$page"; then
			warn "$to/$page is not from this project, it stays"
			continue
		fi
		if mkdir -p -- "$to" && stage "$to" && cp -- "$source/man/$page" "$partial/$page" &&
			chmod 644 "$partial/$page" && mv -f "$partial/$page" "$to/$page" && unstage; then
			say "manual    $page"
		else
			warn "$to/$page can't be written"
		fi
	done
}

uninstall_pages() {
	for page in $pages; do
		old=$1/man${page##*.}/$page
		if our_page "$old"; then
			rm -f -- "$old"
			say "removed $old"
		elif exists "$old"; then
			warn "$old is not from this project, it stays"
		fi
	done
}

install_program() {
	if [ -n "$binary" ]; then
		[ -f "$binary" ] || fail "$binary is no file"
	elif has_source && { command -v go >/dev/null 2>&1 || ! ours "$source/$program"; }; then
		tmp=$(mktemp -d)
		binary=$tmp/$program
		build "$binary"
	elif ours "$source/$program"; then
		binary=$source/$program
	else
		fail "there is neither the source nor a built $program beside this script"
	fi
	ours "$binary" || fail "$binary is not a build of $module"

	refuse_foreign "$bin"
	mkdir -p -- "$bin"
	# A program that is running keeps its file.
	stage "$bin"
	cp -- "$binary" "$partial/$program"
	chmod 755 "$partial/$program"
	mv -f "$partial/$program" "$bin/$program"
	unstage
	link_names "$bin"
	say "installed $program into $bin"
	for name in $links; do say "linked    $name"; done
	install_pages "$man"
	warn_path "$bin"
}

uninstall_program() {
	for name in $links; do
		if our_link "$bin/$name"; then
			rm -f -- "$bin/$name"
			say "removed $bin/$name"
		elif exists "$bin/$name"; then
			warn "$bin/$name is not from this project, it stays"
		fi
	done
	uninstall_pages "$man"
	if ours "$bin/$program"; then
		rm -f -- "$bin/$program"
		say "removed $bin/$program"
		say "configuration and tokens stay; see \"Uninstall\" in README.md"
	elif exists "$bin/$program"; then
		warn "$bin/$program is not from this project, it stays"
	else
		say "there is no $program in $bin"
	fi
}

run_demo() {
	has_source || fail "--demo needs the whole repository"
	command -v git >/dev/null 2>&1 || fail "--demo needs git"
	tmp=$(mktemp -d)
	mkdir "$tmp/bin"
	warn "building; the first time this downloads what the demo's servers need"
	build "$tmp/bin/$program"
	link_names "$tmp/bin"
	(cd "$source" && GOWORK=off go build -buildvcs=false -o "$tmp/demo" ./e2e/demo) || fail "the build failed"
	"$tmp/demo" "$tmp/bin"
}

action=install
prefix=
binary=
while [ $# -gt 0 ]; do
	case $1 in
	--prefix | --binary)
		if [ $# -lt 2 ] || [ -z "$2" ]; then misuse "$1 needs an argument"; fi
		if [ "$1" = --prefix ]; then prefix=$2; else binary=$2; fi
		shift
		;;
	--prefix=?*) prefix=${1#*=} ;;
	--binary=?*) binary=${1#*=} ;;
	--uninstall | --demo)
		[ "$action" = install ] || misuse "--uninstall and --demo exclude each other"
		action=${1#--}
		;;
	-h | --help)
		usage
		exit 0
		;;
	*) misuse "unknown argument: $1" ;;
	esac
	shift
done

if [ "$action" != install ] && [ -n "$binary" ]; then misuse "--binary goes with installing only"; fi
if [ "$action" = demo ]; then
	[ -z "$prefix" ] || misuse "--demo installs nothing, so it takes no --prefix"
	run_demo
	exit
fi

if [ -z "$prefix" ]; then
	if [ -n "${PREFIX-}" ]; then
		prefix=$PREFIX
	elif [ -n "${HOME-}" ]; then
		prefix=$HOME/.local
	else
		misuse "HOME is not set, so --prefix is needed"
	fi
fi
case $prefix in
/*) ;;
*) prefix=$PWD/$prefix ;;
esac
bin=${prefix%/}/bin
man=${prefix%/}/share/man
case "$action" in
install) install_program ;;
uninstall) uninstall_program ;;
esac
