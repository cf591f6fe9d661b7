# What run, test, bench and the scripts of tools/ share. Sourced by bash, never run. Sets $root.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf 'saya: %s\n' "$*" >&2; }

die() {
  say "$@"
  exit 1
}

# quietly WHAT COMMAND...: shows the command's output only if it fails, and then says that WHAT failed and stops.
quietly() {
  local what=$1 output
  shift
  output=$("$@" 2>&1) && return
  printf '%s\n' "$output" >&2
  die "$what failed"
}

# packages GROUP...: their names in tools/packages.txt.
packages() {
  local group
  for group; do sed -n "s/^$group: *//p" "$root/tools/packages.txt"; done | tr -s ' ' '\n' | sort -u
}

# missing_packages GROUP...: those that dpkg does not have.
missing_packages() {
  comm -23 <(packages "$@") <(dpkg-query -W -f '${db:Status-Status} ${Package}\n' | sed -n 's/^installed //p' | sort -u)
}

# apt ARGS...: as root, or by sudo.
apt() {
  local sudo=(sudo)
  ((EUID)) || sudo=()
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -y --no-install-recommends "$@"
}

# install GROUP...: touches apt only when something is missing.
install() {
  local missing name
  command -v dpkg-query >/dev/null || die "this is not Debian: install what tools/packages.txt names for Debian 12"
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]})) || return 0
  ((EUID == 0)) || command -v sudo >/dev/null || die "installing needs root or sudo: ${missing[*]}"
  say "installing ${missing[*]}"
  quietly "apt-get update" apt update
  apt install "${missing[@]}" &>/dev/null && return
  # Apt installs all or nothing. One by one, the package that stands in the way has a name.
  for name in "${missing[@]}"; do quietly "installing package $name" apt install "$name"; done
}

# configure PRESET: into build/PRESET. Ninja sees to later changes of the CMake files by itself, but not of the presets.
configure() {
  [[ $root/build/$1/build.ninja -nt $root/CMakePresets.json ]] && return
  (cd "$root" && quietly "configuring build/$1" cmake --preset "$1")
}

# build DIRECTORY [TARGET...]: in build/DIRECTORY; without a target, everything.
build() {
  local directory=build/$1
  shift
  [[ -e $root/$directory/.ninja_log ]] || say "building $directory: the first time takes minutes"
  quietly "the build in $directory" ninja -C "$root/$directory" "$@"
}
