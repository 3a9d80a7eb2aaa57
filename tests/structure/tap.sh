# tap.sh: sourced by the structure tests: the tree they look at, and TAP from lists of offences.
# ATROUS_ROOT names the tree to look at (selftest.test gives broken copies); unset, it is the source tree.
# shellcheck shell=sh
export LC_ALL=C
root=${ATROUS_ROOT:-${top_srcdir:-../..}}
built=${top_builddir:-.}
scratch=$(mktemp -d) || exit 99
trap 'rm -rf "$scratch"' EXIT
number=0

# tell SENTENCE FILE: passes where the file of offences is empty; else says each of them.
tell() {
  number=$((number + 1))
  if [ -s "$2" ]; then
    echo "not ok $number - $1"
    sed 's/^/# /' "$2"
  else
    echo "ok $number - $1"
  fi
}

skip() {
  number=$((number + 1))
  echo "ok $number - $1 # SKIP $2"
}

# files_in FOLDER…: the C files below, relative to the root, without generated ones.
files_in() {
  (cd "$root" && find "$@" -type f -name '*.[ch]' ! -name '*.pb-c.[ch]' ! -name kernels_embedded.c 2>/dev/null) | sort
}
