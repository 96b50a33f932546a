#!/bin/sh
# Installs FFmpeg, its probe, a font and tini from Debian, then copies them into the folder $1 with only those libraries
# that they load and that the base image lacks.
set -eu
to=$1

find /usr/lib -name '*.so*' | sort >/tmp/base-libraries
apt-get update -q
apt-get install -q -y --no-install-recommends ffmpeg fonts-dejavu-core tini

programs='/usr/bin/ffmpeg /usr/bin/ffprobe /usr/bin/tini'
# shellcheck disable=SC2086
ldd $programs | awk '$2 == "=>" { print $3 }' | sort -u | while read -r library; do
  echo "$(realpath "$(dirname "$library")")/$(basename "$library")"
done | sort -u | comm -23 - /tmp/base-libraries >/tmp/libraries

for file in $programs $(cat /tmp/libraries); do
  mkdir -p "$to$(dirname "$file")"
  cp -L "$file" "$to$file"
done
mkdir -p "$to/etc" "$to/usr/share/fonts/truetype"
cp -r /etc/fonts "$to/etc/"
cp -r /usr/share/fontconfig "$to/usr/share/"
cp -r /usr/share/fonts/truetype/dejavu "$to/usr/share/fonts/truetype/"
