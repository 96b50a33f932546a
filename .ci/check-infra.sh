#!/usr/bin/env bash
# Installs the infrastructure's own packages, checks its types, and synthesises every stage under all rules, offline.
set -euo pipefail
cd "$(dirname "$0")/../infra"

npm ci --ignore-scripts --no-audit --no-fund
npm run typecheck
npm test
