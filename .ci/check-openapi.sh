#!/usr/bin/env bash
# Writes openapi.json anew and fails when the checked-in copy was stale.
set -euo pipefail
cd "$(dirname "$0")/.."

npm run openapi
if [ -z "$(git -c safe.directory='*' ls-files -- openapi.json)" ]; then
  echo 'openapi.json is not checked in: commit it' >&2
  exit 1
fi
git -c safe.directory='*' diff --exit-code -- openapi.json || {
  echo 'openapi.json was stale: run `npm run openapi` and commit it' >&2
  exit 1
}
