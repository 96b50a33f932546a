import { createServer } from 'node:http';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FfmpegRunner, type FfmpegCommand, type FfmpegRunOptions } from '../../../src/media/ffmpeg.js';
import { ffmpegRunner, film, programs } from './sample-media.js';

jest.setTimeout(60_000);

let directory: string;
const runner = ffmpegRunner();
const options = (more: Partial<FfmpegRunOptions> = {}): FfmpegRunOptions => ({
  signal: new AbortController().signal,
  timeoutMs: 30_000,
  directory,
  ...more,
});

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'media-test-ffmpeg-'));
});

afterEach(() => rm(directory, { recursive: true, force: true }));

/** `seconds` of a test picture; with `-re` it takes as long as it lasts. */
function drawing(seconds: number, inputOptions: string[] = []): FfmpegCommand {
  return {
    inputs: [{ path: `testsrc=s=64x64:r=25:d=${seconds}`, options: [...inputOptions, '-f', 'lavfi'] }],
    outputOptions: ['-c:v', 'mpeg4', '-f', 'mp4'],
    output: join(directory, 'drawn film.mp4'),
    durationSeconds: seconds,
  };
}

/** A program that notes the id of each of its processes before it becomes `real`. */
async function noting(real: string): Promise<{ path: string; processes(): Promise<number[]> }> {
  const [path, notes] = [join(directory, 'noting'), join(directory, 'processes')];
  await writeFile(path, `#!/bin/sh\necho $$ >> '${notes}'\nexec '${real}' "$@"\n`);
  await chmod(path, 0o755);
  return {
    path,
    processes: async () => {
      const text = await readFile(notes, 'utf8').catch(() => '');
      return text.split('\n').filter(Boolean).map(Number);
    },
  };
}

async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20));
}

const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe('a run of FFmpeg', () => {
  it('writes its output and counts its frames', async () => {
    const outcome = await runner.run(drawing(2), options());
    expect(outcome.frames).toBe(50);
    expect(outcome.outputSeconds).toBeCloseTo(2, 0);
    expect((await stat(join(directory, 'drawn film.mp4'))).size).toBeGreaterThan(0);
  });

  it('starts one process only', async () => {
    const ffmpeg = await noting(programs.ffmpegPath);
    await new FfmpegRunner({ ...programs, ffmpegPath: ffmpeg.path }).run(drawing(1), options());
    expect(await ffmpeg.processes()).toHaveLength(1);
  });

  it('tells how far it is, and ends at 100 %', async () => {
    const percents: number[] = [];
    await runner.run(drawing(2, ['-re']), options({ onProgress: (percent) => percents.push(percent) }));
    expect(percents.length).toBeGreaterThan(1);
    expect(percents).toEqual([...percents].sort((one, other) => one - other));
    expect(percents.at(-1)).toBeCloseTo(100, -1);
  });

  it('is refused with the last lines of FFmpeg when the media cannot be read', async () => {
    const path = join(directory, 'broken');
    await writeFile(path, 'this is no film');
    const command = { ...drawing(1), inputs: [{ path, options: ['-f', 'mov'] }] };
    const error = await runner.run(command, options()).catch((fault: unknown) => fault);
    expect(error).toMatchObject({ code: 'output_invalid', retryable: false });
    expect((error as Error).message).not.toContain(directory);
    expect(String((error as Error).cause)).toMatch(/moov atom not found|Invalid data/);
  });

  it('may be tried again when the program is not there', async () => {
    const lost = new FfmpegRunner({ ...programs, ffmpegPath: join(directory, 'nowhere') });
    await expect(lost.run(drawing(1), options())).rejects.toMatchObject({
      code: 'internal_error',
      retryable: true,
    });
  });

  it('is killed at an abort, and gives its reason', async () => {
    const ffmpeg = await noting(programs.ffmpegPath);
    const abort = new AbortController();
    const running = new FfmpegRunner({ ...programs, ffmpegPath: ffmpeg.path }).run(
      drawing(600, ['-re']),
      options({ signal: abort.signal, timeoutMs: 60_000 }),
    );
    const outcome = expect(running).rejects.toThrow('the job was cancelled');
    await until(async () => (await ffmpeg.processes()).length === 1);
    abort.abort(new Error('the job was cancelled'));
    await outcome;
    const [pid = 0] = await ffmpeg.processes();
    await until(() => !isAlive(pid));
  });

  it('is killed past its time, and may be tried again', async () => {
    const ffmpeg = await noting(programs.ffmpegPath);
    const slow = new FfmpegRunner({ ...programs, ffmpegPath: ffmpeg.path });
    await expect(slow.run(drawing(600, ['-re']), options({ timeoutMs: 1_000 }))).rejects.toMatchObject({
      code: 'deadline_exceeded',
      retryable: true,
    });
    for (const pid of await ffmpeg.processes()) await until(() => !isAlive(pid));
  });

  it('does not begin when it was aborted before', async () => {
    const ffmpeg = await noting(programs.ffmpegPath);
    const late = new FfmpegRunner({ ...programs, ffmpegPath: ffmpeg.path });
    const signal = AbortSignal.abort(new Error('too late'));
    await expect(late.run(drawing(1), options({ signal }))).rejects.toThrow('too late');
    await expect(late.probe({ path: '/dev/null', options: [] }, options({ signal }))).rejects.toThrow(
      'too late',
    );
    expect(await ffmpeg.processes()).toEqual([]);
  });
});

describe('a probe', () => {
  it('prints what ffprobe knows as JSON', async () => {
    const path = join(directory, 'film');
    await writeFile(path, await film('film.mp4'));
    const { streams } = JSON.parse(await runner.probe({ path, options: ['-f', 'mov'] }, options()));
    expect(streams).toHaveLength(2);
    expect(streams[0].extradata_hash).toMatch(/^SHA256:/);
  });

  it('is killed with all that its program started', async () => {
    const path = join(directory, 'wrapper');
    const notes = join(directory, 'child');
    await writeFile(path, `#!/bin/sh\nsleep 600 &\necho $! > '${notes}'\nwait\n`);
    await chmod(path, 0o755);
    const stuck = new FfmpegRunner({ ...programs, ffprobePath: path });
    await expect(
      stuck.probe({ path: '/dev/null', options: [] }, options({ timeoutMs: 1_000 })),
    ).rejects.toMatchObject({
      code: 'deadline_exceeded',
    });
    const pid = Number(await readFile(notes, 'utf8'));
    await until(() => !isAlive(pid));
  });
});

describe('a hostile file', () => {
  const disguises = (address: string): [string, string][] => [
    ['a playlist', `#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n${address}/a.ts\n#EXT-X-ENDLIST\n`],
    ['a list of a URL', `ffconcat version 1.0\nfile '${address}/a.mp4'\n`],
    [
      'a DASH manifest',
      `<MPD><Period><AdaptationSet><Representation><BaseURL>${address}/</BaseURL></Representation></AdaptationSet></Period></MPD>`,
    ],
    ['a session description', `v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=video 9 RTP/AVP 96\n`],
  ];

  it.each(['forced', 'guessed'])('fetches nothing from the network with its demuxer %s', async (demuxer) => {
    let calls = 0;
    const server = createServer((_request, response) => {
      calls++;
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    for (const [name, content] of disguises(address)) {
      const path = join(directory, `${name}.mp4`);
      await writeFile(path, content);
      const input = { path, options: demuxer === 'forced' ? ['-f', 'mov'] : [] };
      await expect(runner.probe(input, options({ timeoutMs: 5_000 }))).rejects.toMatchObject({
        name: 'AppError',
      });
    }
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    expect(calls).toBe(0);
  });

  it('reads no file beside it when its demuxer is forced', async () => {
    await writeFile(join(directory, 'beside.mp4'), await film('film.mp4'));
    const path = join(directory, 'list.mp4');
    await writeFile(path, "ffconcat version 1.0\nfile 'beside.mp4'\n");
    await expect(runner.probe({ path, options: ['-f', 'mov'] }, options())).rejects.toMatchObject({
      code: 'output_invalid',
    });
  });
});
