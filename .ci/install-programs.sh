#!/usr/bin/env bash
# Installs Redis and FFmpeg from Debian where they are missing: tests should meet the real ones.
set -euo pipefail

packages=()
command -v redis-server >/dev/null || packages+=(redis-server)
{ command -v ffmpeg && command -v ffprobe; } >/dev/null || packages+=(ffmpeg)
if [ ${#packages[@]} -eq 0 ]; then
  redis-server --version
  ffmpeg -version | sed -n 1p
  exit 0
fi

export DEBIAN_FRONTEND=noninteractive
as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(sudo -n)
"${as_root[@]}" apt-get update -q
"${as_root[@]}" apt-get install -q -y -o DPkg::Lock::Timeout=120 --no-install-recommends "${packages[@]}"
