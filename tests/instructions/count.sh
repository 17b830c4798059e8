#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# count.sh WORK_DIRECTORY [--renew]: counts, with callgrind, the instructions of a call of what
# is called most, built by each compiler that there is with -O2, and compares them with ceilings.txt
# beside this file. A count is the same on a noisy machine; a time is not. More than a ceiling
# fails, and so does less than half of it, so that ceilings stay near what they limit.
#
#   --renew   writes what was counted and a tenth more as the ceilings of these compilers
#
# valgrind knows no AVX-512; the wider way of the two that are counted is AVX2.
set -euo pipefail
usage() { echo "usage: count.sh WORK_DIRECTORY [--renew]" >&2; exit 2; }
case $#/${2-} in 1/ | 2/--renew) ;; *) usage ;; esac
renew=${2-}
here=$(cd "$(dirname "$0")" && pwd)
ceilings=$here/ceilings.txt
work=$1
[ "$(uname -m)" = x86_64 ] || { echo "skipped: not on this machine"; exit 77; }
command -v valgrind >/dev/null || { echo "skipped: valgrind is not installed"; exit 77; }
rm -rf "$work" && mkdir -p "$work" && cd "$work"

# Counts of another version are other numbers.
id_of() { echo "$1-$("$1" -dumpversion | cut -d . -f 1)"; }

# Lines of `compiler case count`; the count is "-" where this machine cannot run the case.
count() {
  local compiler=$1 id=$2
  mkdir "$id" && cd "$id"
  "$compiler" -std=c++20 -O2 -Wall -Wextra -Werror -I "$here/../../include" "$here/calls.cpp" -o calls
  valgrind --tool=callgrind --callgrind-out-file=profile ./calls >calls.out 2>valgrind.log ||
    { cat valgrind.log >&2; return 1; }
  awk -v id="$id" '
    FNR == NR { calls[$1] = $2; order[++cases] = $1; next }
    /^desc: Trigger: Client Request: / { name = $NF }
    /^(summary|totals): / && name != "" { counted[name] = $2; name = "" }
    END {
      for (i = 1; i <= cases; ++i) {
        name = order[i]
        if (calls[name] == 0) print id, name, "-"
        else if (!(name in counted)) { print "no profile of " name >"/dev/stderr"; exit 1 }
        else printf "%s %s %.0f\n", id, name, counted[name] / calls[name]
      }
    }' calls.out profile.* >"../$id.counts"
}

compilers=()
for compiler in g++ clang++; do
  if command -v "$compiler" >/dev/null; then compilers+=("$compiler"); else echo "left out: $compiler, which is not installed"; fi
done
[ ${#compilers[@]} -gt 0 ] || { echo "skipped: there is no compiler"; exit 77; }
echo '#include <valgrind/callgrind.h>' | "${compilers[0]}" -x c++ -fsyntax-only - 2>/dev/null ||
  { echo "skipped: valgrind's headers are not installed"; exit 77; }
waiting=()
for compiler in "${compilers[@]}"; do
  (count "$compiler" "$(id_of "$compiler")") & waiting+=($!)
done
for child in "${waiting[@]}"; do wait "$child" || { echo "FAILED: no counts"; exit 1; }; done
for compiler in "${compilers[@]}"; do cat "$(id_of "$compiler").counts"; done >counts

if [ -n "$renew" ]; then
  # What was not counted here keeps its ceiling: other compilers, and cases that cannot run.
  [ -e "$ceilings" ] || : >"$ceilings"
  {
    cat <<'HEADER'
# SPDX-License-Identifier: MIT
#
# The most instructions that a call may take, by compiler and case: what was counted, and a tenth
# more. Written by `tests/instructions/count.sh WORK_DIRECTORY --renew`.
HEADER
    awk '
      FNR == NR { counted[$1] = 1; if ($3 == "-") cannot[$1, $2] = 1; else print $1, $2, int($3 * 1.1 + 0.999); next }
      /^#/ || NF != 3 { next }
      !($1 in counted) || ($1, $2) in cannot' counts "$ceilings" | LC_ALL=C sort -V
  } >renewed
  cp renewed "$ceilings"
  echo "written: $ceilings"
fi

awk -v renew="tests/instructions/count.sh WORK_DIRECTORY --renew" '
  function fail(text) { print "FAILED: " text; failed = 1 }
  FNR == NR { if (!/^#/ && NF == 3) { ceiling[$1, $2] = $3; known[$1] = 1 }; next }
  { seen[$1, $2] = 1; ran[$1] = 1 }
  !($1 in known) { if (!told[$1]++) print "left out: " $1 ", which has no ceilings; " renew " writes them"; next }
  $3 == "-" { print "left out: " $1 " " $2 ", which this machine cannot run"; next }
  !(($1, $2) in ceiling) { fail($1 " " $2 ": " $3 " instructions, and no ceiling; " renew " writes one"); next }
  {
    ++compared
    top = ceiling[$1, $2]
    printf "%-12s %-24s %8d instructions, at most %8d\n", $1, $2, $3, top
    if ($3 > top)
      fail($1 " " $2 ": " $3 " instructions, more than its ceiling of " top "; if that is the price of something, " renew)
    else if (2 * $3 < top)
      fail($1 " " $2 ": " $3 " instructions, less than half of its ceiling of " top "; so that it stays so: " renew)
  }
  END {
    for (both in ceiling) {
      split(both, part, SUBSEP)
      if (part[1] in ran && !(both in seen)) fail(part[1] " " part[2] ": a ceiling, and no such case; " renew " removes it")
    }
    if (failed) exit 1
    if (!compared) { print "skipped: no ceilings for these compilers"; exit 77 }
    print "all as it should be"
  }' "$ceilings" counts
