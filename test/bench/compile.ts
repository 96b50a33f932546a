import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { CompileOptions } from '../../src/compilation/compile-options.js';
import { Compiler } from '../../src/compilation/compiler.js';
import { FilmInputs } from '../../src/compilation/film-inputs.js';
import { FilmMaker } from '../../src/compilation/film-maker.js';
import { FilmProof } from '../../src/compilation/film-proof.js';
import { FilmStore } from '../../src/compilation/film-store.js';
import { planCompilation, rendered } from '../../src/compilation/plan.js';
import { MediaSource } from '../../src/media/download.js';
import { FfmpegRunner } from '../../src/media/ffmpeg.js';
import { TemporaryFolders } from '../../src/media/temporary-folders.js';
import { MediaStore } from '../../src/storage/media.store.js';
import type { BenchApp } from './bench-app.js';
import { makeClip, type BenchClip } from './compile-clips.js';
import { paired, single, type Row, type Section } from './figures.js';
import { interleave } from './passes.js';
import type { Plan } from './plan.js';

const run = promisify(execFile);
const MEBIBYTE = 1024 * 1024;
const CPU_TICKS_PER_SECOND = 100;
const MEMORY_SAMPLE_MS = 20;

const PLAIN: CompileOptions = {
  ...{ outputFormat: 'mp4', quality: 'high', transition: null, audio: null, targetLufs: null },
  ...{ captions: 'none', size: null, fps: null },
};
const FADED: CompileOptions = { ...PLAIN, transition: { type: 'fade', durationSeconds: 0.5 } };

/** Counts the programs that are started. */
class CountingRunner extends FfmpegRunner {
  spawns = 0;
  override run(...args: Parameters<FfmpegRunner['run']>) {
    this.spawns += 1;
    return super.run(...args);
  }
}

/** The compiler's own code, in this process, against raw FFmpeg and the bare SDK on the same clips. */
export async function benchCompile({ env }: BenchApp, { compilePasses }: Plan): Promise<Section> {
  const directory = await mkdtemp(join(tmpdir(), 'bench-film-'));
  const paths = { ffmpegPath: env.FFMPEG_PATH ?? 'ffmpeg', ffprobePath: env.FFPROBE_PATH ?? 'ffprobe' };
  const ffmpeg = new CountingRunner(paths);
  const credentials = { accessKeyId: env.AWS_ACCESS_KEY_ID!, secretAccessKey: env.AWS_SECRET_ACCESS_KEY! };
  const [bucket, region, endpoint] = [env.S3_BUCKET!, env.AWS_REGION!, env.S3_ENDPOINT!];
  const store = new MediaStore({ bucket, region, endpoint, credentials });
  const sdk = new S3Client({ region, endpoint, credentials, forcePathStyle: true });
  const inputs = new FilmInputs(store, new MediaSource({ hosts: ['*'], allowPrivateSources: false }));
  const maker = new FilmMaker(ffmpeg);
  const compiler = new Compiler(
    inputs,
    maker,
    new FilmProof(ffmpeg),
    new FilmStore(store),
    new TemporaryFolders(),
  );
  const tools = { ...paths, ffmpeg, store, directory };
  const faults: string[] = [];
  const signal = new AbortController().signal;
  const nothing = () => undefined;

  const compile = async (clips: BenchClip[], options: CompileOptions) => {
    const order = {
      scriptId: randomUUID(),
      compilationId: randomUUID(),
      clips,
      options,
      bed: null,
      facts: {},
    };
    const film = await compiler.compile({ ...order, plan: planCompilation(clips, options) }, signal, nothing);
    if (film.verification.fallback !== undefined) faults.push(film.verification.fallback);
    return film;
  };
  const makeLocally = async (clips: BenchClip[], options: CompileOptions, whole = false) => {
    const own = join(directory, randomUUID());
    await mkdir(own);
    const files = await Promise.all(
      clips.map(async ({ path }, index) => {
        const link = join(own, `clip-${index}.bin`);
        await writeFile(link, await readFile(path));
        return { path: link, demuxer: 'mov', hasSound: true };
      }),
    );
    const plan = planCompilation(clips, options);
    const output = join(own, 'final.mp4');
    const order = {
      plan: whole ? rendered(plan, 'the bench asks for it') : plan,
      options,
      files: { clips: files, bed: null, burn: null, output, segments: own, measured: null },
      run: { signal, directory: own, timeoutMs: 600_000 },
      onProgress: nothing,
    };
    const figures = await timed(() => maker.make(order));
    await rm(own, { recursive: true });
    return figures;
  };
  const rawConcat = async (paths: string[], output: string) => {
    const list = join(directory, `${randomUUID()}.txt`);
    await writeFile(list, paths.map((path) => `file '${path}'\n`).join(''));
    await run(tools.ffmpegPath, [
      ...['-v', 'error', '-y', '-f', 'concat', '-safe', '0', '-i', list, '-c', 'copy'],
      ...['-movflags', '+faststart', output],
    ]);
  };
  /** What anyone would type: FFmpeg's defaults, the whole film encoded. */
  const rawFade = async ([a, b, c]: BenchClip[], output: string) => {
    const filters = [
      '[0:v][1:v]xfade=duration=0.5:offset=7.5[x];[x][2:v]xfade=duration=0.5:offset=15[v]',
      '[0:a][1:a]acrossfade=d=0.5[y];[y][2:a]acrossfade=d=0.5[s]',
    ].join(';');
    await run(tools.ffmpegPath, [
      ...['-v', 'error', '-y', '-i', a!.path, '-i', b!.path, '-i', c!.path, '-filter_complex', filters],
      ...['-map', '[v]', '-map', '[s]', '-pix_fmt', 'yuv420p', output],
    ]);
  };
  const bySdk = async (clips: BenchClip[]) => {
    const own = await mkdtemp(join(directory, 'sdk-'));
    const paths = await Promise.all(
      clips.map(async ({ objectKey }, index) => {
        const path = join(own, `${index}.mp4`);
        const { Body } = await sdk.send(new GetObjectCommand({ Bucket: bucket, Key: objectKey }));
        await pipeline(Body as Readable, createWriteStream(path));
        return path;
      }),
    );
    const output = join(own, 'out.mp4');
    await rawConcat(paths, output);
    const { size } = await stat(output);
    const Key = `temp/bench-${randomUUID()}.mp4`;
    const Body = createReadStream(output);
    await sdk.send(new PutObjectCommand({ Bucket: bucket, Key, Body, ContentLength: size }));
    await rm(own, { recursive: true });
  };

  try {
    const make = (size: string, position: number) => makeClip(tools, { size, seconds: 8, position });
    const clips = await Promise.all([0, 1, 2].map((position) => make('1280x720', position)));
    await Promise.all([compile(clips, PLAIN), bySdk(clips)]);
    const local = await interleave(
      {
        ours: () => makeLocally(clips, PLAIN),
        raw: () =>
          timed(() =>
            rawConcat(
              clips.map(({ path }) => path),
              join(directory, 'raw.mp4'),
            ),
          ),
      },
      compilePasses,
    );
    ffmpeg.spawns = 0;
    await makeLocally(clips, PLAIN);
    const { spawns } = ffmpeg;
    const remote = await interleave(
      { ours: () => timed(() => compile(clips, PLAIN)), raw: () => timed(() => bySdk(clips)) },
      compilePasses,
    );
    const faded = await interleave(
      {
        ours: () => makeLocally(clips, FADED),
        raw: () => timed(() => rawFade(clips, join(directory, 'faded.mp4'))),
        whole: () => makeLocally(clips, FADED, true),
      },
      Math.ceil(compilePasses / 5),
    );
    const long = await Promise.all(Array.from({ length: 10 }, (_, position) => make('1920x1080', position)));
    const growth = await memoryGrowth(() => compile(long, PLAIN));
    const rows: Row[] = [
      paired('local join, ms', ...milliseconds(local), { atMost: 1.15 }),
      single('  programs started', spawns, 1, { atMost: 1 }),
      paired('S3 to S3 with proof, ms', ...milliseconds(remote), { atMost: 1.5 }),
      paired('cross-fades, CPU s', cpuSeconds(faded, 'ours'), cpuSeconds(faded, 'raw'), { atMost: 0.4 }),
      paired('  against our own encoding', cpuSeconds(faded, 'ours'), cpuSeconds(faded, 'whole')),
      single('ten 1080p: memory, MiB', growth / MEBIBYTE, undefined, { atMost: 150 }),
    ];
    return {
      title: 'Compile: three clips of 8 s at 720p against raw FFmpeg and the bare SDK',
      notes: [
        `${compilePasses} passes; cross-fades against FFmpeg’s xfade with its defaults, ten clips of 8 s for memory`,
      ],
      ...{ rows, faults, raw: { local, remote, faded, growth } },
    };
  } finally {
    await inputs.close();
    store.close();
    sdk.destroy();
    await rm(directory, { recursive: true, force: true });
  }
}

interface Timed {
  ms: number;
  childCpuSeconds: number;
}

async function timed(work: () => Promise<unknown>): Promise<Timed> {
  const cpuBefore = await childCpuSeconds();
  const startedMs = performance.now();
  await work();
  const ms = performance.now() - startedMs;
  return { ms, childCpuSeconds: (await childCpuSeconds()) - cpuBefore };
}

/** What the programs that this process started and that ended have used; Linux alone tells. */
async function childCpuSeconds(): Promise<number> {
  const text = await readFile('/proc/self/stat', 'utf8').catch(() => '');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[13] ?? 0) + Number(fields[14] ?? 0)) / CPU_TICKS_PER_SECOND;
}

type Passes = { figures: { ours: Timed; raw: Timed }; discarded: boolean }[];

function milliseconds(passes: Passes): [number[], number[]] {
  const kept = passes.filter(({ discarded }) => !discarded);
  return [kept.map(({ figures }) => figures.ours.ms), kept.map(({ figures }) => figures.raw.ms)];
}

function cpuSeconds<N extends string>(passes: { figures: Record<N, Timed> }[], name: N): number[] {
  return passes.map(({ figures }) => figures[name].childCpuSeconds);
}

async function memoryGrowth(work: () => Promise<unknown>): Promise<number> {
  const before = process.memoryUsage.rss();
  let peak = before;
  const timer = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), MEMORY_SAMPLE_MS);
  try {
    await work();
    return peak - before;
  } finally {
    clearInterval(timer);
  }
}
