#!/bin/sh
# embed-kernels.sh SRCDIR FILE…: writes C with each file as a byte array and a table of them on stdout. POSIX od and awk.
set -eu
srcdir=$1
shift
echo '/* Made by build-aux/embed-kernels.sh; do not edit. */'
echo '#include "backend/opencl/kernels.h"'
n=0
names=
for file; do
  path=$file
  [ -f "$path" ] || path=$srcdir/$file
  printf 'static const unsigned char kernel_%d[] = {\n' "$n"
  od -An -v -tu1 "$path" | awk '{ for (i = 1; i <= NF; i++) printf "%s,", $i; print "" }'
  printf '0 };\n'
  n=$((n + 1))
done
echo 'const atr__kernel_file atr__kernel_files[] = {'
i=0
for file; do
  printf '  { "%s", (const char *)kernel_%d, sizeof kernel_%d - 1 },\n' "${file##*/}" "$i" "$i"
  i=$((i + 1))
done
echo '  { 0, 0, 0 } };'
