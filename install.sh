#!/bin/sh
# Installs credential-idcs. `./install.sh --help` is the manual.
#
# POSIX sh and coreutils: no grep, sed or awk.
set -eu
[ -z "${ZSH_VERSION-}" ] || emulate sh # for whoever types zsh install.sh: it doesn't split words

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
  --uninstall    remove what was installed into --prefix DIR, nothing else; what
                 `credential-idcs configure` wrote goes by `unconfigure`, before
  --demo         install nothing: build into a temporary folder and run git,
                 docker and kubectl with it against servers on this machine.
                 Needs Go and git, and no account. Only Go's own caches stay
  --help         this text

Building needs Go. Without it, a built credential-idcs beside this script is
installed.
END
}

program=credential-idcs
pages='credential-idcs.1 git-credential-idcs.1 docker-credential-idcs.1 kubectl-idcs.1 bazel-credential-idcs.1
cargo-credential-idcs.1 pnpm-token-idcs.1 terraform-credentials-idcs.1 credential-idcs-config.5'
links='git-credential-idcs docker-credential-idcs kubectl-idcs bazel-credential-idcs cargo-credential-idcs
pnpm-token-idcs terraform-credentials-idcs'
tools='git docker podman kubectl go cargo terraform tofu pip pnpm bazel'
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
	cleanup_partial
}
cleanup_partial() {
	[ -z "$partial" ] || rm -rf -- "$partial"
	partial=
}
trap cleanup EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# after prints what follows $1 in the first line of file $2 that begins with it, and fails if none does.
after() {
	while IFS= read -r line || [ -n "$line" ]; do
		case $line in
		"$1"*)
			say "${line#"$1"}"
			return
			;;
		esac
	done <"$2"
	return 1
}

# has_source reports whether the sources of this program are beside the script.
has_source() { [ -f "$source/go.mod" ] && [ "$(after 'module ' "$source/go.mod")" = "$module" ]; }

# ours reports whether a file is a build of this program: Go writes the package's path into each, behind
# a word and a tab, which a script that only mentions this project hasn't.
ours() { [ -f "$1" ] && [ ! -L "$1" ] && contains "path$(printf '\t')$module/cmd/$program" "$1"; }

# contains reports whether a text is in file $2. Without grep the shell looks itself, which takes longer.
contains() {
	if command -v grep >/dev/null 2>&1; then
		LC_ALL=C grep -qF -- "$1" "$2"
	else
		case $(LC_ALL=C tr -d '\000' <"$2") in
		*"$1"*) ;;
		*) return 1 ;;
		esac
	fi
}

# our_link reports whether a file is a link that this script made.
our_link() { [ -L "$1" ] && [ "$(readlink "$1")" = "$program" ]; }

# our_page reports whether a file is one of this project's manual pages: their first line says so.
our_page() {
	[ -f "$1" ] && IFS= read -r line <"$1" || return 1
	case $line in
	'.TH '*' credential-idcs "'*) ;;
	*) return 1 ;;
	esac
}

exists() { [ -e "$1" ] || [ -L "$1" ]; }

# need_go fails unless the go on PATH can build this module. Go 1.21 and later fetch the version that
# go.mod asks for by themselves, where GOTOOLCHAIN lets them; `go env` tells which one will build.
need_go() {
	want=$(after 'go ' "$source/go.mod")
	command -v go >/dev/null 2>&1 ||
		fail "Go is not installed: version $want or later is needed, see https://go.dev/dl/"
	have=$(cd "$source" && go env GOVERSION) ||
		fail "this Go can't build it, version $want or later is needed, see https://go.dev/dl/"
	older "$have" "$want" || return 0
	fail "this is $have, version $want or later is needed, see https://go.dev/dl/"
}

# older reports whether version $1, such as go1.19.8 or go1.26rc1, is below version $2, such as 1.26.1.
# What can't be read (a development version) counts as new.
older() {
	case ${1#go} in
	[0-9]*.[0-9]*) ;;
	*) return 1 ;;
	esac
	older_have=$(numbers "${1#go}") older_want=$(numbers "$2")
	# shellcheck disable=SC2086 # three numbers each
	set -- $older_have $older_want
	[ "$1" -lt "$4" ] && return 0
	[ "$1" -gt "$4" ] && return 1
	[ "$2" -lt "$5" ] && return 0
	[ "$2" -gt "$5" ] && return 1
	[ "$3" -lt "$6" ]
}

# numbers prints the three numbers of a version. A candidate's last one is below all releases'.
numbers() (
	case $1 in
	*rc* | *beta*) v=${1%%[a-z]*}.-1 ;;
	*) v=${1%%[!0-9.]*}.0.0 ;;
	esac
	IFS=.
	# shellcheck disable=SC2086 # split at the dots
	set -- $v
	say "$1 $2 $3"
)

# newest prints the newest version that the changelog has.
newest() {
	while IFS= read -r line; do
		case $line in
		'## ['[0-9]*)
			line=${line#'## ['}
			say "${line%%]*}"
			return
			;;
		esac
	done <"$source/CHANGELOG.md"
}

# build writes the program to $1.
build() {
	need_go
	# Not from git, so that an archive of the sources has it too.
	version=$(newest)
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

# unstage_killed removes from folder $1 what a run has left that was killed.
unstage_killed() {
	for old in "$1/.$program".??????; do
		if [ -d "$old" ] && [ ! -L "$old" ]; then rm -rf -- "$old"; fi
	done
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

# refuse_unwritable fails if folder $1 can't be made or written, which is known before a build.
refuse_unwritable() {
	at=$1
	until exists "$at"; do at=$(dirname -- "$at"); done
	if [ ! -d "$at" ] || [ ! -w "$at" ] || [ ! -x "$at" ]; then
		fail "$at can't be written; use another --prefix, or sudo"
	fi
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
	*":$1:"* | *":$1/:"*) ;;
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
			cleanup_partial
		fi
	done
}

uninstall_pages() {
	unstage_killed "$1/man1"
	unstage_killed "$1/man5"
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
	refuse_unwritable "$bin"
	refuse_foreign "$bin"
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

# still_set_up prints the tools whose configuration has the installed program.
still_set_up() {
	for tool in $tools; do
		[ -z "$("$bin/$program" unconfigure "$tool" --dry-run 2>/dev/null </dev/null)" ] || printf ' %s' "$tool"
	done
}

uninstall_program() {
	left=
	if ours "$bin/$program"; then
		refuse_unwritable "$bin"
		left=$(still_set_up)
	fi
	for name in $links; do
		if our_link "$bin/$name"; then
			rm -f -- "$bin/$name"
			say "removed $bin/$name"
		elif exists "$bin/$name"; then
			warn "$bin/$name is not from this project, it stays"
		fi
	done
	unstage_killed "$bin"
	uninstall_pages "$man"
	if ours "$bin/$program"; then
		rm -f -- "$bin/$program"
		say "removed $bin/$program"
		say "configuration and tokens stay; see docs/install.md"
		if [ -n "$left" ]; then
			warn "these still run it, and fail without it:$left; install it again, and before you remove it:"
			for tool in $left; do printf '\tcredential-idcs unconfigure %s\n' "$tool" >&2; done
		fi
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
	# Go counts its runs in a folder beside its settings, on macOS elsewhere. The settings are used, and
	# the folder is not made.
	if [ ! -d "${HOME-}/Library/Application Support" ]; then
		export GOENV="${GOENV:-${XDG_CONFIG_HOME:-${HOME-}/.config}/go/env}" XDG_CONFIG_HOME="$tmp/config"
	fi
	need_go
	warn "building with $have. The first time Go downloads what go.mod lists for it,"
	warn "and keeps them, and what it compiles, in $(go env GOMODCACHE) and $(go env GOCACHE)"
	build "$tmp/bin/$program"
	link_names "$tmp/bin"
	# With the program's flags, so that Go compiles little twice; but its servers offer HTTP/2.
	(cd "$source" && CGO_ENABLED=0 GOWORK=off go build -trimpath -buildvcs=false -o "$tmp/demo" ./e2e/demo) ||
		fail "the build failed"
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
