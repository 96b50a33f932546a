import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectDir } from '../../../local/built-tree.js';

const project = mkdtempSync(join(tmpdir(), 'build-test-'));
const script = join(project, 'local', 'build-if-needed.mjs');
const run = () => execFileSync(process.execPath, [script], { encoding: 'utf8', stdio: 'pipe' });
const buildWith = (build: string) =>
  writeFileSync(join(project, 'package.json'), JSON.stringify({ scripts: { build } }));

beforeAll(() => {
  for (const dir of ['local', 'src/jobs', 'dist']) mkdirSync(join(project, dir), { recursive: true });
  cpSync(join(projectDir, 'local', 'build-if-needed.mjs'), script);
});

afterAll(() => rmSync(project, { recursive: true }));

jest.setTimeout(30_000);

describe('build-if-needed', () => {
  it('builds what was never built or has changed since, files that went included, and else does nothing', () => {
    buildWith('exit 0');
    const first = [run(), run()];
    writeFileSync(join(project, 'src/jobs/job.ts'), '');
    const added = [run(), run()];
    rmSync(join(project, 'src/jobs/job.ts'));
    const removed = [run(), run()];
    const once = ['Building the project …\n', ''];
    expect([first, added, removed]).toEqual([once, once, once]);
  });

  it('fails when the build fails', () => {
    buildWith('exit 3');
    expect(run).toThrow('The build failed.');
  });
});
