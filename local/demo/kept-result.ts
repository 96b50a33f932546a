import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import type { DemoOutput, DemoStatus } from './demo-client.js';

const run = promisify(execFile);
const TIMEOUT_MS = 60_000;

/** A finished job's files on this machine, and what the checks found. */
export interface KeptResult {
  mediaType: string;
  contentType: string;
  originalPath: string;
  report: string[];
}

/** Fetches a job's files as any client would, compares the original with what the status says, and decodes it. */
export async function keepResult(
  { mediaType, result }: Pick<DemoStatus, 'mediaType' | 'result'>,
  dir: string,
  tools: Record<string, string>,
): Promise<KeptResult> {
  if (!result) throw new Error('The finished job has no result');
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  const paths = await Promise.all(filesOf(result).map((url) => download(url, dir)));
  const originalPath = paths[0]!.path;
  requireSame(paths[0]!, result);
  const facts = await probe(originalPath, tools);
  return {
    mediaType,
    contentType: result.contentType,
    originalPath,
    report: [
      ...paths.map(({ path, url }) => `${path}\n    from ${url}`),
      `sha256 as told; ffprobe: ${facts}`,
    ],
  };
}

function filesOf({ originalUrl, thumbnailUrl, previewUrl, waveformUrl, metadataUrl }: DemoOutput): string[] {
  return [originalUrl, thumbnailUrl, previewUrl, waveformUrl, metadataUrl].filter((url) => url !== undefined);
}

async function download(url: string, dir: string) {
  const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  const bytes = Buffer.from(await response.arrayBuffer());
  const path = join(dir, basename(new URL(url).pathname));
  writeFileSync(path, bytes);
  return { url, path, bytes, contentType: response.headers.get('content-type') };
}

function requireSame(
  { bytes, contentType, path }: Awaited<ReturnType<typeof download>>,
  told: DemoOutput,
): void {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (bytes.length !== told.fileSize || sha256 !== told.sha256 || contentType !== told.contentType) {
    throw new Error(`${path} is not the file that the status tells of`);
  }
}

/** What ffprobe says of the file, after ffmpeg has decoded all of it without a complaint. */
async function probe(
  path: string,
  { FFMPEG_PATH = 'ffmpeg', FFPROBE_PATH = 'ffprobe' }: Record<string, string>,
) {
  const decoded = await run(FFMPEG_PATH, ['-v', 'error', '-i', path, '-f', 'null', '-'], {
    timeout: TIMEOUT_MS,
  });
  if (decoded.stderr !== '') throw new Error(`${path} does not decode: ${decoded.stderr}`);
  const entries = 'stream=codec_name,width,height,sample_rate,channels:format=duration';
  const { stdout } = await run(
    FFPROBE_PATH,
    ['-v', 'error', '-show_entries', entries, '-of', 'compact=p=0:nk=0', path],
    {
      timeout: TIMEOUT_MS,
    },
  );
  return stdout.trim().split('\n').filter(Boolean).join('; ');
}
