# shellcheck shell=sh disable=SC1007,SC2034
# setup.sh: sourced by check and quickstart: where the tree is, and the Debian packages that building it needs.
# Sets `root` and `jobs`. What is missing is installed as root or through sudo; where neither works, the one
# command that would do it is printed and the script ends with 1.
root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
jobs=$(nproc 2>/dev/null || echo 2)

say() { printf '== %s\n' "$*"; }

missing_packages() {
  sed -n '/^[a-z]/p' "$root/scripts/debian-packages" | while read -r package; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q '^install ok installed$' || printf '%s ' "$package"
  done
}

install_packages() {
  command -v dpkg-query >/dev/null || {
    say "this is not Debian: install what scripts/debian-packages names in your system's way"
    return 0
  }
  missing=$(missing_packages)
  [ -n "$missing" ] || return 0
  as=
  if [ "$(id -u)" -ne 0 ]; then
    as=sudo
    sudo -n true 2>/dev/null || { [ -t 0 ] && command -v sudo >/dev/null; } || {
      printf 'Packages are missing. As root, run this and start again:\n  apt-get install -y %s\n' "$missing"
      return 1
    }
  fi
  say "installing $missing"
  # shellcheck disable=SC2086 # a list of names
  apt_install $missing || { $as apt-get -qq update && apt_install $missing; } || {
    printf 'apt-get could not install them. As root, run this and start again:\n  apt-get update && apt-get install -y %s\n' "$missing"
    return 1
  }
}

apt_install() {
  $as env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends -o Dpkg::Use-Pty=0 \
    install "$@" </dev/null >/dev/null
}

# quietly LOG COMMAND…: its output goes to the log; where it fails, the log's end is shown.
quietly() {
  log=$1
  shift
  "$@" >"$log" 2>&1 </dev/null || {
    code=$?
    printf '%s failed (%d); the end of %s:\n' "$*" "$code" "$log"
    tail -n 40 "$log"
    return "$code"
  }
}

# bootstrap: configure and its parts, made again where one of their sources is newer.
bootstrap() {
  if [ -x "$root/configure" ] && [ -z "$(find "$root" -name .git -prune -o \( -name configure.ac -o -name Makefile.am \
    -o -name local.mk \) -newer "$root/configure" -print)" ] && [ -f "$root/Makefile.in" ]; then
    return 0
  fi
  say "autoreconf"
  (cd "$root" && quietly "$1" autoreconf -fi)
}

# prepare FOLDER ARGUMENT…: the folder configured with these arguments; kept where it already was so.
prepare() {
  folder=$1
  shift
  if [ -f "$root/config.status" ]; then
    printf 'The source folder itself is configured, so no other build can use it: run make distclean there first.\n'
    return 1
  fi
  mkdir -p "$folder" || return 1
  if [ -f "$folder/Makefile" ] && [ "$(cat "$folder/.arguments" 2>/dev/null)" = "$*" ]; then return 0; fi
  rm -f "$folder/.arguments"
  (cd "$folder" && quietly configure.log "$root/configure" -q "$@") || return 1
  printf '%s' "$*" >"$folder/.arguments"
}
