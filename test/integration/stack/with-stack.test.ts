import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runWithStack } from './supervisor.js';

jest.setTimeout(60_000);

describe('with-stack', () => {
  it('gives the command the variables of a stack, and ends with its exit code', async () => {
    const { code, stdout } = await runWithStack(['sh', '-c', 'echo "$DATABASE_URL"; exit 7'], { KEPT: '1' })
      .ended;
    expect(stdout).toMatch(/^postgres:\/\/app@127\.0\.0\.1:\d+\/vsl_media\n$/);
    expect(code).toBe(7);
  });

  it('removes its data when the command has ended', async () => {
    const TMPDIR = mkdtempSync(join(tmpdir(), 'with-stack-test-'));
    // A root supervisor's PostgreSQL runs as another user, who must be able to enter.
    chmodSync(TMPDIR, 0o755);
    const { stdout } = await runWithStack(['sh', '-c', 'ls "$TMPDIR"'], { TMPDIR }).ended;
    const left = readdirSync(TMPDIR);
    rmSync(TMPDIR, { recursive: true });
    expect(stdout).toMatch(/^vsl-media-stack-\w+\n$/);
    expect(left).toEqual([]);
  });

  it('passes SIGTERM on to the command and ends as it does', async () => {
    const command = 'trap "echo told; exit 3" TERM; echo up; while :; do sleep 0.1; done';
    const { child, ended } = runWithStack(['sh', '-c', command]);
    child.stdout.once('data', () => child.kill('SIGTERM'));
    const { code, stdout } = await ended;
    expect(stdout).toBe('up\ntold\n');
    expect(code).toBe(3);
  });

  it('names a command that cannot be run', async () => {
    const { code, stderr } = await runWithStack(['no-such-command']).ended;
    expect(stderr).toContain('no-such-command cannot be run');
    expect(code).toBe(1);
  });
});
