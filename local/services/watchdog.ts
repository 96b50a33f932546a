import { spawn } from 'node:child_process';

/**
 * Outlives the supervisor. It reads one line `SIGNAL PID` for each process to end, and when the pipe closes (the
 * supervisor is gone, however it ended) it signals them all, kills what is left after five seconds, and removes
 * the folder `$1` if one is given. A zombie counts as ended: where process 1 reaps nobody, zombies stay.
 */
const SCRIPT = `
lines=""
while read -r signal pid; do lines="$lines $signal:$pid"; done
alive() {
  kill -0 "$1" 2>/dev/null || return 1
  read -r stat 2>/dev/null < "/proc/$1/stat" || return 0
  case "$stat" in *") Z "*) return 1 ;; esac
}
for line in $lines; do kill -s "\${line%%:*}" "\${line##*:}" 2>/dev/null; done
tries=0
while [ $tries -lt 50 ]; do
  left=""
  for line in $lines; do alive "\${line##*:}" && left="$left \${line##*:}"; done
  [ -z "$left" ] && break
  sleep 0.1
  tries=$((tries + 1))
done
for pid in $left; do kill -s KILL "$pid" 2>/dev/null; done
[ -z "$1" ] || rm -rf "$1"
`;

/** What ends the children when the supervisor can no longer do it. */
export interface Watchdog {
  pid: number;
  /** From now on process `pid` gets `signal` (`TERM`, `INT`) when the supervisor dies. */
  watch(pid: number, signal: 'TERM' | 'INT'): void;
  /** To be called after a clean stop, when every watched process has ended. */
  dismiss(): void;
}

/** Starts the watchdog (POSIX only). `removeDir`, a temporary folder, is removed when the supervisor has died. */
export function startWatchdog(removeDir = ''): Watchdog {
  const child = spawn('/bin/sh', ['-c', SCRIPT, 'watchdog', removeDir], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.on('error', () => undefined);
  child.stdin.on('error', () => undefined);
  child.unref();
  (child.stdin as unknown as { unref(): void }).unref();
  if (child.pid === undefined) throw new Error('/bin/sh cannot be started: the local stack needs it');
  return {
    pid: child.pid,
    watch: (pid, signal) => void child.stdin.write(`${signal} ${pid}\n`),
    dismiss: () => void child.kill('SIGKILL'),
  };
}
