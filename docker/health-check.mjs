// Whether the container's process lives; exits 1 when not. A worker touches its heartbeat file; where there is none, the
// API is asked. That PostgreSQL or Redis are away is no reason to start either anew.
import { statSync } from 'node:fs';

const STALE_AFTER_MS = 45_000;
const TIMEOUT_MS = 4_000;

async function isAlive({ HEARTBEAT_FILE = '', PORT = '3000' }) {
  const heartbeat = HEARTBEAT_FILE && statSync(HEARTBEAT_FILE, { throwIfNoEntry: false });
  if (heartbeat) return Date.now() - heartbeat.mtimeMs < STALE_AFTER_MS;
  const answer = await fetch(`http://127.0.0.1:${PORT}/health/live`, {
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  return answer.ok;
}

const alive = await isAlive(process.env).catch((error) => console.error(error.message));
process.exitCode = alive ? 0 : 1;
