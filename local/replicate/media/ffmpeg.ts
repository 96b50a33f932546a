import { spawn } from 'node:child_process';

const runTimeoutMs = 180_000;
const keptErrorCharacters = 2_000;

/** Runs ffmpeg in `workingDir`; answers its standard output, throws with the end of its complaint when it fails. */
export function runFfmpeg(
  ffmpegPath: string,
  args: string[],
  workingDir: string,
  signal?: AbortSignal,
): Promise<string> {
  const isScript = /\.[cm]?js$/.test(ffmpegPath);
  const command = isScript ? process.execPath : ffmpegPath;
  const leading = isScript ? [ffmpegPath] : [];
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...leading, '-hide_banner', '-loglevel', 'error', '-nostdin', ...args], {
      cwd: workingDir,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: runTimeoutMs,
      killSignal: 'SIGKILL',
      ...(signal ? { signal } : {}),
    });
    let output = '';
    let complaint = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on(
      'data',
      (chunk: Buffer) => (complaint = (complaint + chunk.toString()).slice(-keptErrorCharacters)),
    );
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) resolve(output);
      else reject(new Error(`ffmpeg ended with ${code ?? signal}: ${complaint.trim()}`));
    });
  });
}

/** Names of the filters that this ffmpeg has. */
export async function listFilters(ffmpegPath: string, workingDir: string): Promise<Set<string>> {
  const listing = await runFfmpeg(ffmpegPath, ['-filters'], workingDir);
  const names = listing.split('\n').map((line) => /^ [A-Z.]{2,3} (\w+) /.exec(line)?.[1]);
  return new Set(names.filter((name) => name !== undefined));
}
