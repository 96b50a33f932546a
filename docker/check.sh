#!/usr/bin/env bash
# Builds the image with a real Docker Engine, brings docker-compose.yml up, puts a job through, stops everything, and
# says what it saw. Where no registry can be reached the published images have stand-ins (check/stand-ins.sh).
#   docker/check.sh            with an engine of its own; says so and ends with 0 where none can run
#   docker/check.sh --system   with this machine's Docker and the published images
set -euo pipefail
cd "$(dirname "$0")/.."

node_version=24.21.0
npm_version=11
project=vsl-container-check
most_compressed_megabytes=500
work=$(mktemp -d "${TMPDIR:-/tmp}/container-check.XXXXXX")
export IMAGE=vsl-media:check
# shellcheck source=docker/check/engine.sh
. docker/check/engine.sh
# shellcheck source=docker/check/stand-ins.sh
. docker/check/stand-ins.sh

note() { echo "[$SECONDS s] $*"; }
fault() {
  echo "container check: $*" >&2
  exit 1
}

# expect WHAT WANTED FOUND
expect() {
  [ "$2" = "$3" ] || fault "$1 should be $2, is $3"
  note "$1: $3"
}

# quietly WHAT COMMAND…: shows the command's output only when it fails.
quietly() {
  local what=$1
  shift
  "$@" >"$work/output.log" 2>&1 || {
    tail -n 60 "$work/output.log" >&2
    fault "$what failed"
  }
  note "$what"
}

compose() { docker compose --project-name "$project" "$@"; }

free_port() {
  node -e "require('net').createServer().listen(0, '127.0.0.1', function () { console.log(this.address().port); this.close(); })"
}

prepare_engine() {
  quietly 'programs of the engine' install_engine_programs
  quietly 'engine unpacked' unpack_engine
  start_engine || fault 'the engine does not start'
  note "Docker Engine $(docker version --format '{{.Server.Version}}')"
  quietly 'stand-in for debian' debian_stand_in
  quietly 'stand-in for node' node_stand_in
  quietly 'stand-in for postgres' postgres_stand_in
  quietly 'stand-in for valkey' valkey_stand_in
}

# A registry's gzip packs tighter than this quick one: what fits here fits there.
check_compressed_size() {
  local megabytes
  megabytes=$(($(docker save "$IMAGE" | gzip -1 | wc -c) / 1000000))
  [ "$megabytes" -le "$most_compressed_megabytes" ] ||
    fault "the image has $megabytes MB compressed, more than $most_compressed_megabytes"
  note "compressed: $megabytes MB"
}

check_image() {
  inspect() { docker image inspect --format "$1" "$IMAGE"; }
  note "image of $(($(inspect '{{.Size}}') / 1000000)) MB"
  check_compressed_size
  expect 'user' 1000:1000 "$(inspect '{{.Config.User}}')"
  expect 'entry point' '["tini","--"]' "$(inspect '{{json .Config.Entrypoint}}')"
  expect 'stop signal' SIGTERM "$(inspect '{{.Config.StopSignal}}')"
  expect 'health check' '["CMD","node","docker/health-check.mjs"]' "$(inspect '{{json .Config.Healthcheck.Test}}')"
  ! docker history --no-trunc "$IMAGE" | grep -qiE 'whsec_|r8_|password=|secret=' || fault 'the image history holds a secret'
  docker run --rm --read-only --cap-drop ALL "$IMAGE" \
    sh -c 'touch /tmp/a && ! touch /app/a 2>/dev/null && ! touch /etc/a 2>/dev/null' ||
    fault 'with a read-only root only /tmp should be writable'
  note 'with a read-only root /tmp is writable, /app and /etc are not'
}

check_service() {
  PORT=$(free_port)
  S3_PORT=$(free_port)
  export PORT S3_PORT
  quietly 'compose up: all healthy' compose up --detach --wait --wait-timeout 240 --no-build
  for service in api worker; do
    expect "health of $service" healthy "$(docker inspect --format '{{.State.Health.Status}}' "$project-$service-1")"
  done
  node docker/check/one-job.mjs "http://127.0.0.1:$PORT"
  note 'one job went through'
  quietly 'API and worker told to stop' compose stop --timeout 30 api worker
  for service in api worker migrate; do
    expect "exit code of $service" 0 "$(docker inspect --format '{{.State.ExitCode}}' "$project-$service-1")"
  done
}

finish() {
  local code=$?
  trap - EXIT
  if [ "$code" -ne 0 ] && [ -n "${PORT:-}" ]; then compose logs --no-color --tail 30 >&2 || true; fi
  [ -z "${ready:-}" ] || compose down --volumes --timeout 5 >/dev/null 2>&1 || true
  stop_engine
  exit "$code"
}
trap finish EXIT
trap 'exit 130' INT TERM

if [ "${1:-}" = --system ]; then
  docker version --format 'Docker Engine {{.Server.Version}}'
else
  obstacle=$(engine_obstacle)
  if [ -n "$obstacle" ]; then
    echo "SKIPPED: the container check cannot start a Docker Engine here: $obstacle"
    exit 0
  fi
  prepare_engine
fi
ready=yes
quietly 'image built' docker build --target service --tag "$IMAGE" .
quietly 'image of the local services built' docker build --target local-services --tag "$IMAGE-services" .
if [ -n "${engine_pid:-}" ]; then quietly 'stand-in for dynamodb' dynamodb_stand_in; fi
check_image
check_service
note 'the containers are as they should be'
