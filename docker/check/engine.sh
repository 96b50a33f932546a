# A Docker Engine for this check alone: Debian 13's packages, unpacked beside the system and started on a socket of its
# own. Sourced by run.sh, which sets $work.

# Why no engine can be started here; empty when one can.
engine_obstacle() {
  if [ "$(id -u)" -ne 0 ]; then echo 'it needs root'
  elif [ "$(uname -sm)" != 'Linux x86_64' ]; then echo 'it needs Linux on x86_64'
  elif ! command -v apt-get >/dev/null; then echo 'it needs apt-get'
  elif [ ! -f "$debian_keys" ]; then echo "it needs $debian_keys"
  elif ! unshare --mount true 2>/dev/null; then echo 'mounting is not allowed here'
  elif ! grep -qw overlay /proc/filesystems && ! modprobe overlay 2>/dev/null; then echo 'the kernel has no overlay file system'
  fi
}

debian_keys=/usr/share/keyrings/debian-archive-keyring.gpg

install_engine_programs() {
  local packages=()
  command -v runc >/dev/null || packages+=(runc)
  command -v iptables >/dev/null || packages+=(iptables)
  command -v mmdebstrap >/dev/null || packages+=(mmdebstrap)
  [ ${#packages[@]} -gt 0 ] || return 0
  apt-get update -q
  DEBIAN_FRONTEND=noninteractive apt-get install -q -y -o DPkg::Lock::Timeout=120 --no-install-recommends "${packages[@]}"
}

# The Debian mirror that this machine uses.
debian_mirror() {
  apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | grep -m 1 '/debian/*$' || echo http://deb.debian.org/debian
}

# apt-get on lists and archives of its own, so that the machine's stay as they are.
trixie_apt() {
  apt-get -q -o Dir::Etc::sourcelist="$work/trixie.list" -o Dir::Etc::sourceparts=- -o Dir::State::lists="$work/lists" \
    -o Dir::Cache="$work/cache" -o APT::Sandbox::User=root "$@"
}

unpack_engine() {
  mkdir -p "$work"/{lists/partial,cache/archives/partial,packages,engine,config/cli-plugins}
  echo "deb [signed-by=$debian_keys] $(debian_mirror) trixie main" >"$work/trixie.list"
  trixie_apt update
  (cd "$work/packages" && trixie_apt download docker.io docker-cli containerd docker-buildx docker-compose)
  for package in "$work"/packages/*.deb; do dpkg-deb -x "$package" "$work/engine"; done
  cp "$work"/engine/usr/libexec/docker/cli-plugins/* "$work/config/cli-plugins/"
}

start_engine() {
  export PATH="$work/engine/usr/bin:$work/engine/usr/sbin:$PATH"
  export DOCKER_HOST="unix://$work/docker.sock" DOCKER_CONFIG="$work/config"
  had_docker0=$(ip link show docker0 >/dev/null 2>&1 && echo yes || echo no)
  forwarding=$(cat /proc/sys/net/ipv4/ip_forward)
  dockerd --data-root "$work/root" --exec-root "$work/exec" --pidfile "$work/pid" -H "$DOCKER_HOST" \
    >"$work/dockerd.log" 2>&1 &
  engine_pid=$!
  for _ in $(seq 100); do
    docker version >/dev/null 2>&1 && return 0
    kill -0 "$engine_pid" 2>/dev/null || break
    sleep 0.3
  done
  tail -n 20 "$work/dockerd.log" >&2
  return 1
}

# Leaves no container, process, mount, bridge or file behind.
stop_engine() {
  if [ -n "${engine_pid:-}" ]; then
    docker ps -aq | xargs -r docker rm -fv >/dev/null 2>&1 || true
    docker network prune -f >/dev/null 2>&1 || true
    kill "$engine_pid" 2>/dev/null || true
    wait "$engine_pid" 2>/dev/null || true
    [ "$had_docker0" = yes ] || ip link del docker0 2>/dev/null || true
    echo "$forwarding" >/proc/sys/net/ipv4/ip_forward || true
  fi
  awk -v below="$work/" 'index($2, below) == 1 { print $2 }' /proc/mounts | sort -r | xargs -r umount -l || true
  rm -rf "$work"
}
