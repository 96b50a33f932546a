import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const TIMEOUT_MS = 60_000;

/** What ffprobe says of one stream. */
export interface StreamFacts {
  codec_type: string;
  codec_name: string;
  width?: number;
  height?: number;
}

/** The streams of a file, each decoded to its end; throws when anything of it cannot be decoded. */
export async function decode(url: string): Promise<StreamFacts[]> {
  const ffmpeg = process.env.FFMPEG_PATH ?? 'ffmpeg';
  const ffprobe = process.env.FFPROBE_PATH ?? 'ffprobe';
  const decoded = await run(ffmpeg, ['-v', 'error', '-xerror', '-i', url, '-f', 'null', '-'], {
    timeout: TIMEOUT_MS,
  });
  if (decoded.stderr !== '') throw new Error(`${url}: ${decoded.stderr}`);
  const { stdout } = await run(ffprobe, ['-v', 'error', '-show_streams', '-of', 'json', url], {
    timeout: TIMEOUT_MS,
  });
  return (JSON.parse(stdout) as { streams: StreamFacts[] }).streams;
}
