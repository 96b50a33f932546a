import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { findFfmpegBinaries } from '../../../local/ffmpeg-binaries.js';
import { startRedisFallback } from '../../../local/redis-fallback/server.js';
import { findRedisServer } from '../../../local/services/redis-server-path.js';

const bin = mkdtempSync(join(tmpdir(), 'programs-test-'));
afterAll(() => rmSync(bin, { recursive: true }));

function program(name: string, script: string): string {
  const file = join(bin, name);
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return file;
}

describe('the search for ffmpeg and ffprobe', () => {
  it('ends at the npm packages when PATH has none', async () => {
    const found = await findFfmpegBinaries({ PATH: '' });
    expect(found.ffmpegPath).toContain(join('@ffmpeg-installer', `${process.platform}-${process.arch}`));
    expect(found.ffprobePath).toContain(join('@ffprobe-installer', `${process.platform}-${process.arch}`));
  });

  it('takes those of PATH before those of npm, and given ones before both', async () => {
    const onPath = program('ffmpeg', 'exit 0');
    const given = program('my-ffprobe', 'exit 0');
    program('ffprobe', 'exit 0');
    const found = await findFfmpegBinaries({ PATH: bin, FFPROBE_PATH: given });
    expect(found).toEqual({ ffmpegPath: onPath, ffprobePath: given });
  });

  it('passes over a program on PATH that does not run', async () => {
    program('ffmpeg', 'exit 1');
    const found = await findFfmpegBinaries({ PATH: bin });
    expect(found.ffmpegPath).not.toContain(bin);
  });

  it('refuses a given path that does not run', async () => {
    const search = findFfmpegBinaries({ FFMPEG_PATH: join(bin, 'absent') });
    await expect(search).rejects.toThrow('FFMPEG_PATH');
  });
});

describe('the search for a Redis server', () => {
  it.each([
    ['Redis server v=7.0.15 sha=0:0', true],
    ['Valkey server v=8.1.1 sha=0:0', true],
    ['Redis server v=6.0.16 sha=0:0', false],
    ['something else', false],
  ])('judges one that says "%s"', async (says, good) => {
    const file = program('some-server', `echo '${says}'`);
    const search = findRedisServer({ REDIS_SERVER_BIN: file });
    await (good ? expect(search).resolves.toBe(file) : expect(search).rejects.toThrow('6.2 or later'));
  });
});

describe('the JavaScript Redis', () => {
  it('answers clients', async () => {
    const server = await startRedisFallback({});
    const client = new Redis(server.url);
    await client.set('key', 'value');
    expect(await client.get('key')).toBe('value');
    client.disconnect();
    await server.close();
  });
});
