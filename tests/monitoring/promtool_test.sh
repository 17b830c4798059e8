#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# The configuration and the rules, as promtool and amtool see them; the tests of the rules; and that
# these tests notice a rule that is broken. 77: a tool is missing.
#
#   tests/monitoring/promtool_test.sh           everything
#   tests/monitoring/promtool_test.sh --quick   without broken rules
#
# PROMTOOL names another promtool than the one in PATH.
set -euo pipefail
tests=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
shipped=$tests/../../examples/monitoring
promtool=${PROMTOOL:-promtool}

for tool in "$promtool" amtool; do
  command -v "$tool" >/dev/null || { echo "skipped: there is no $tool"; exit 77; }
done

"$promtool" check config "$shipped/prometheus.yml"
"$promtool" check rules --lint=all --lint-fatal "$shipped"/rules/*.yml
"$promtool" test rules "$tests"/*_test.yml
amtool check-config "$shipped/alertmanager.yml"

# Checks that cannot fail prove nothing.
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
refused() {
  local what=$1
  shift
  if "$@" >"$scratch/output" 2>&1; then
    echo "accepted: $what" >&2
    exit 1
  fi
}
cp -r "$shipped/." "$scratch/shipped"
echo 'custom_metrics: []' >>"$scratch/shipped/prometheus.yml"
refused "a key that Prometheus does not know" \
  "$promtool" check config "$scratch/shipped/prometheus.yml"
sed 's/receiver: webhook/receiver: nobody/' "$shipped/alertmanager.yml" >"$scratch/alertmanager.yml"
refused "a receiver that does not exist" amtool check-config "$scratch/alertmanager.yml"

[ "${1-}" = --quick ] && exit
for python in python3 /usr/bin/python3; do
  "$python" -c 'import yaml' 2>/dev/null || continue
  "$python" "$tests/mutate_rules.py" "$promtool" "$shipped/rules" "$tests"
  exit
done
echo "skipped: there is no Python with PyYAML"
exit 77
