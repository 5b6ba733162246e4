# shellcheck shell=bash disable=SC2154
# What the scripts share: installing what is missing, and building labrunner. To be sourced by a script
# that has set `root` to the course's folder.
#
# Everything here speaks on standard error: standard output belongs to labrunner (`--format json`).

# Exit status for "this machine is not able to", the same as labrunner's.
readonly UNAVAILABLE=69

say() { printf '%s\n' "$*" >&2; }

give_up() { # LINE...
	say "error: $1"
	shift
	(($# == 0)) || printf '%s\n' "$@" >&2
	exit "$UNAVAILABLE"
}

# --- surroundings -------------------------------------------------------------------------------

# Bash ends quietly, after what it waits for has ended.
trap 'exit 130' INT
trap 'exit 143' TERM

# A shell that was open when rustup was installed does not have cargo on its PATH yet.
if ! type -P cargo >/dev/null && [[ -x ${CARGO_HOME:-${HOME-}/.cargo}/bin/cargo ]]; then
	PATH=$PATH:${CARGO_HOME:-$HOME/.cargo}/bin
fi

# Lab binaries are linked statically by settings in labs/static.toml, which RUSTFLAGS would replace.
unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS CARGO_BUILD_RUSTFLAGS
# Programs are looked for where cargo puts them for no target in particular.
unset CARGO_BUILD_TARGET

# Where cargo builds: a relative folder is one below the course's, as for labrunner. Set for every cargo
# from here on, so that a `target-dir` in somebody's cargo configuration does not count.
target=${CARGO_TARGET_DIR:-target}
[[ $target == /* ]] || target=$root/$target
# The makefile of libbpf cannot work in a folder with a space, a quote or the like in its path.
if [[ $target == *[^[:alnum:]/._+@,=-]* ]]; then
	target=${XDG_CACHE_HOME:-${HOME-}/.cache}/labrunner-build/$(cksum <<<"$target" | tr ' ' -)
fi
export CARGO_TARGET_DIR=$target

readonly BINARY=$target/release/labrunner
# As old as the sources that the binary was built from.
readonly STAMP=$target/release/.labrunner-sources

# --- packages -----------------------------------------------------------------------------------

packages=()
reasons=()

need() { # PACKAGE REASON...
	packages+=("$1")
	shift
	reasons+=("$*")
}

# Each function asks for the packages of which something is not there. Only the shell's own commands are
# used: this happens at each start.
need_to_build() {
	# The folder that labs/static.toml names.
	local libraries=/usr/lib/$HOSTTYPE-linux-gnu
	type -P clang >/dev/null || need clang "compiles the BPF C of the labs"
	type -P cc >/dev/null || need gcc "links Rust programs, compiles libbpf"
	type -P make >/dev/null || need make "builds libbpf, which the lab programs use"
	type -P pkg-config >/dev/null || need pkg-config "tells libbpf's build where libraries are"
	[[ -e $libraries/libc.a ]] || need libc6-dev "C library; static, to run in a machine that has none"
	[[ -e $libraries/libelf.a ]] || need libelf-dev "static library that libbpf reads objects with"
	[[ -e $libraries/libz.a ]] || need zlib1g-dev "static library that libelf uses"
}

need_to_run_machines() {
	local package=qemu-system-x86 program=qemu-system-x86_64
	if [[ $HOSTTYPE == aarch64 ]]; then
		package=qemu-system-arm program=qemu-system-aarch64
	fi
	type -P "$program" >/dev/null || need "$package" "runs each lab in a micro-VM with a kernel of its own"
}

# What `labrunner shell` takes along into the machine. Some are where only root's PATH looks.
need_to_look_inside() {
	local PATH=$PATH:/usr/sbin:/sbin
	type -P busybox >/dev/null || need busybox-static "the machine's ls, cat, ps and so on, in one static program"
	type -P bpftool >/dev/null || need bpftool "shows programs and maps that are loaded"
	type -P strace >/dev/null || need strace "shows system calls"
	type -P ip >/dev/null || need iproute2 "makes and shows network devices"
	type -P ping >/dev/null || need iputils-ping "sends packets"
	type -P tcpdump >/dev/null || need tcpdump "shows packets"
}

need_to_translate() {
	type -P msgmerge >/dev/null || need gettext "brings the tables of the book's translations up to date"
}

need_to_check() {
	type -P clang-format >/dev/null || need clang-format "checks the layout of the BPF C"
	type -P shellcheck >/dev/null || need shellcheck "checks the scripts"
	need_to_make_a_class
}

need_to_make_a_class() {
	type -P python3 >/dev/null || need python3 "runs scripts/classroom/make-class"
	type -P patch >/dev/null || need patch "makes solutions and mistakes of them"
}

# install_missing NEEDS...: runs the given functions, says what they ask for, and installs it.
install_missing() {
	look "$@"
	((${#packages[@]})) || return 0
	lock "another set-up"
	look "$@" # the other one may have installed it
	if ((${#packages[@]})); then
		install_packages
		look "$@"
		((${#packages[@]} == 0)) || give_up "still missing after the installation: ${packages[*]}"
	fi
	unlock
}

look() {
	local ask
	packages=() reasons=()
	for ask in "$@"; do "$ask"; done
	hash -r
}

install_packages() {
	local sudo=() i
	((EUID == 0)) || sudo=(sudo)
	local command=("${sudo[@]}" apt-get install --no-install-recommends "${packages[@]}")
	say "Packages that the course needs and this machine lacks:"
	for i in "${!packages[@]}"; do
		printf '  %-16s %s\n' "${packages[i]}" "${reasons[i]}" >&2
	done
	if ! type -P apt-get >/dev/null; then
		give_up "there is no apt here to install them with. On Debian or Ubuntu the command is" \
			"  ${command[*]}" "Elsewhere, install what has the same programs and static libraries."
	fi
	if ((EUID)) && ! type -P sudo >/dev/null; then
		give_up "installing them needs root, and there is no sudo. Run this as root, then start again:" \
			"  ${command[*]:1}"
	fi
	say "Installing them: ${command[*]}"
	apt_install || give_up "they could not be installed; the reason is above. When it is mended, start again, or" \
		"have somebody who may do so run:" "  ${command[*]}"
}

# Installs ${packages[@]}. The lists of packages are fetched only if there are none, or if they have become
# so old that the archive no longer has what they name.
apt_install() {
	local install=(install --yes --no-install-recommends "${packages[@]}")
	# What apt itself takes as the sign of an interrupted installation, and refuses to go on from.
	if compgen -G '/var/lib/dpkg/updates/[0-9]*' >/dev/null; then
		say "An earlier installation was interrupted; finishing it first."
		as_root dpkg --configure --pending || true # apt mends what is left
	fi
	if ! apt-get --simulate "${install[@]}" &>/dev/null; then
		say "Fetching apt's package lists first."
		apt update || return
		apt "${install[@]}"
	elif ! apt "${install[@]}"; then
		say "Once more, with fresh package lists."
		apt update && apt "${install[@]}"
	fi
}

# Waits if another apt is at work.
apt() {
	local options=(-o DPkg::Lock::Timeout=120)
	[[ -t 2 ]] || options+=(-qq -o Dpkg::Use-Pty=0) # no progress bars into a log
	as_root apt-get "${options[@]}" "$@"
}

as_root() { # COMMAND..., which asks nothing
	local sudo=()
	((EUID == 0)) || sudo=(sudo)
	unlocked "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive "$@" </dev/null >&2
}

# --- one at a time ------------------------------------------------------------------------------

# Waits for another script in the same clone; the lock goes with the process at the latest. A folder can be
# locked even where nothing can be written.
lock() { # WHO
	exec {lock_fd}<"$root/scripts"
	flock --nonblock "$lock_fd" && return
	say "Waiting for $1 in this folder …"
	flock "$lock_fd"
}

unlock() { exec {lock_fd}<&-; }

# Runs a command without the lock, which would stay taken as long as some server that it starts.
unlocked() (
	exec {lock_fd}<&-
	exec "$@"
)

# --- Rust ---------------------------------------------------------------------------------------

readonly RUSTUP="curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh"

check_rust() {
	local version wanted
	if ! type -P cargo >/dev/null; then
		say "error: the course is written in Rust, and there is no cargo on the PATH."
		if [[ -n ${SUDO_USER-} ]]; then
			say "Start this as $SUDO_USER, without sudo: it asks for rights itself when it needs them."
		else
			say "Install Rust with rustup (https://rustup.rs):"
			say "  $RUSTUP"
			say "and start this again."
		fi
		exit "$UNAVAILABLE"
	fi
	version=$(cargo --version 2>&1) || give_up "cargo does not work:" "$version"
	wanted=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' "$root/Cargo.toml")
	# "cargo 1.95.0 (…)"
	if [[ $version =~ ^cargo\ 1\.([0-9]+) ]] && ((BASH_REMATCH[1] < ${wanted#1.})); then
		give_up "Rust $wanted or later is needed, and this is ${version%% (*}." \
			"If rustup installed it:  rustup update" \
			"If a package did, install a newer one with rustup (https://rustup.rs):" "  $RUSTUP"
	fi
}

# --- labrunner ----------------------------------------------------------------------------------

# True if a source of labrunner is newer than the binary.
is_stale() {
	[[ -x $BINARY && -e $STAMP ]] || return 0
	[[ -n $(find "$root/runner" "$root/Cargo.toml" "$root/Cargo.lock" -newer "$STAMP" -print -quit) ]]
}

build_runner() {
	is_stale || return 0
	check_rust
	can_write "$root/labs-bpf" "Clone the course to a folder of your own."
	mkdir -p "${STAMP%/*}" 2>/dev/null || true
	can_write "${STAMP%/*}" "If root built there once:  sudo chown -R ${USER:-$EUID} '$target'" \
		"Or build in another folder:  CARGO_TARGET_DIR=/path"

	lock "another build"
	if is_stale; then # the other one may have built it
		say "Building labrunner in $target …"
		: >"$STAMP.new"
		if ! (cd "$root" && unlocked cargo build --release --package labrunner </dev/null >&2); then
			rm -f "$STAMP.new"
			give_up "labrunner does not build; cargo says why above. The first build fetches crates: is there a network?"
		fi
		mv "$STAMP.new" "$STAMP"
	fi
	unlock
}

can_write() { # FOLDER REMEDY...
	[[ -w $1 ]] || give_up "you cannot write to $1." "${@:2}"
}
