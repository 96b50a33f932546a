import { spawn } from 'node:child_process';
import { access, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { constants } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { startTestApp, type TestApp } from '../support/app.js';

jest.setTimeout(300_000);

const PROJECT = join(import.meta.dirname, '../..');

let app: TestApp;
let folder: string;
beforeAll(async () => {
  app = await startTestApp();
  folder = await mkdtemp(join(tmpdir(), 'documented-'));
  for (const program of ['curl', 'jq']) await standIn(program);
});
afterAll(async () => {
  await app.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Puts our own small one into the folder where the program is not installed. */
async function standIn(program: string): Promise<void> {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const found = folders.map((path) => access(join(path, program), constants.X_OK));
  const installed = await Promise.any(found).then(
    () => true,
    () => false,
  );
  if (installed) return;
  const ours = join(PROJECT, `test/support/shell/${program}.mjs`);
  await writeFile(join(folder, program), `#!/bin/sh\nexec "${process.execPath}" "${ours}" "$@"\n`, {
    mode: 0o755,
  });
}

/** The page's commands as one script; blocks marked `sh aws` need an account. */
async function commandsOf(page: string): Promise<string> {
  const text = await readFile(join(PROJECT, page), 'utf8');
  const blocks = [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, commands]) => commands!);
  expect(blocks.length).toBeGreaterThan(0);
  return blocks.join('\n').replaceAll('http://localhost:3000', app.api.url);
}

async function run(script: string): Promise<{ code: number | null; output: string }> {
  const child = spawn('bash', ['-euo', 'pipefail', '-c', script], {
    cwd: folder,
    env: { ...process.env, PATH: [process.env.PATH, folder].join(delimiter) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  const code = await new Promise<number | null>((ended) => child.once('close', ended));
  return { code, output };
}

it('the API guide leads from an image to a film', async () => {
  const { code, output } = await run(await commandsOf('docs/api-guide.md'));
  expect({ code, output }).toMatchObject({ code: 0 });
  const lines = output.split('\n');
  const times = (line: string) => lines.filter((shown) => shown === line).length;
  expect({ completed: times('completed'), approved: times('approved') }).toEqual({
    completed: 3,
    approved: 2,
  });
  expect({ seeds: times('7'), estimate: times('0.012'), clip: times('0.64') }).toEqual({
    ...{ seeds: 2, estimate: 1, clip: 1 },
  });
  const jobIds = lines.filter((line) => /^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(line));
  expect(new Set(jobIds).size).toBe(1);
  expect((await stat(join(folder, 'film.mp4'))).size).toBeGreaterThan(10_000);
});

it('the commands of the operations page work', async () => {
  const { code, output } = await run(await commandsOf('docs/operations.md'));
  expect({ code, output }).toMatchObject({ code: 0 });
});
