import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Settings } from '../../../src/config/settings.js';
import { Heartbeat } from '../../../src/health/heartbeat.js';
import { Logger } from '../../../src/logging/logger.js';

const HEALTH_CHECK = join(import.meta.dirname, '../../../docker/health-check.mjs');
const dir = mkdtempSync(join(tmpdir(), 'heartbeat-'));
const file = join(dir, 'worker');
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const beat = (heartbeatFile: string | undefined) =>
  new Heartbeat({ heartbeatFile } as Settings, new Logger('silent')).run();

/** Exit code of the image's health check; nothing listens on port 1. */
const check = () =>
  spawnSync(process.execPath, [HEALTH_CHECK], { env: { HEARTBEAT_FILE: file, PORT: '1' } }).status;

describe('The health check of a container', () => {
  it('takes a worker for alive while its heartbeat is fresh, and for dead when it is stale', async () => {
    await beat(file);
    expect(Date.parse(readFileSync(file, 'utf8'))).toBeGreaterThan(Date.now() - 60_000);
    expect(check()).toBe(0);
    const minuteAgo = Date.now() / 1000 - 60;
    utimesSync(file, minuteAgo, minuteAgo);
    expect(check()).toBe(1);
  });

  it('asks the API where there is no heartbeat', () => {
    rmSync(file, { force: true });
    expect(check()).toBe(1);
  });

  it('needs no heartbeat where none is wanted', async () => {
    await expect(beat(undefined)).resolves.toBe(false);
  });
});
