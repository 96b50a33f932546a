#!/usr/bin/env bash
# Asks the registry for known faults of the packages that are shipped; serious ones fail. Not every registry answers that.
set -euo pipefail
cd "$(dirname "$0")/.."

code=0
report=$(npm audit --omit=dev --audit-level=high 2>&1) || code=$?
if [[ $report == *'audit endpoint returned an error'* ]]; then
  echo 'SKIPPED: this registry answers no audits'
  exit 0
fi
echo "$report"
exit "$code"
