#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Both dashboards against Grafana's own schemas and units and the rules of its linter, and that
# dashboards with a fault are refused. 77: there is no node, no npm or no package registry.
#
#   tests/monitoring/grafana_test.sh FOLDER   the npm packages are kept in FOLDER, about 190 MB
set -euo pipefail
tests=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=${1:?usage: grafana_test.sh FOLDER}

# 2.4.0 of the generator does not run with node 20.
packages="@grafana/schema@13.2.3 @grafana/data@13.2.3 @prometheus-io/lezer-promql@0.315.0
  @lezer/highlight@1.2.5 @lezer/lr@1.4.12 ts-json-schema-generator@2.3.0 ajv@8.17.1"

for tool in node npm; do
  command -v "$tool" >/dev/null || { echo "skipped: there is no $tool"; exit 77; }
done
mkdir -p "$work"
if [ "$(cat "$work/installed" 2>/dev/null)" != "$packages" ]; then
  rm -rf "${work:?}"/{node_modules,installed,package.json,package-lock.json} "$work"/schema-*.json
  echo '{"private": true}' >"$work/package.json"
  # shellcheck disable=SC2086  # one word for each package
  (cd "$work" && npm install --ignore-scripts --no-audit --no-fund --loglevel=error \
    --fetch-retries=1 $packages) || { echo "skipped: the npm packages are out of reach"; exit 77; }
  printf '%s\n' "$packages" >"$work/installed"
fi
node "$tests/grafana_check.mjs" "$work" "$tests"/../../examples/monitoring/grafana/dashboards/*.json
