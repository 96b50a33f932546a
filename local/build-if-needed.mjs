import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const project = dirname(import.meta.dirname);
const stamp = join(project, 'dist', '.built');
const folders = [
  'src',
  'local',
  'migrations',
  'config',
  'test/bench',
  'test/fuzz',
  'test/faults',
  'test/load',
  'test/support',
];
const files = [
  'package.json',
  'nest-cli.json',
  ...readdirSync(project).filter((name) => /^tsconfig.*\.json$/.test(name)),
];

/** When the newest of these files and folders changed (a folder changes when a file in it comes or goes). */
function newest(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) return 0;
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}

const changed = Math.max(...[...folders, ...files].map((name) => newest(join(project, name))));
if (!existsSync(stamp) || statSync(stamp).mtimeMs < changed) {
  console.log('Building the project …');
  const startedAt = new Date();
  const { status, error } = spawnSync('npm', ['run', '--silent', 'build'], {
    cwd: project,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (status !== 0) {
    console.error(`The build failed${error ? `: ${error.message}` : ''}.`);
    process.exit(1);
  }
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, '');
  // What changed while it was building is built next time.
  utimesSync(stamp, startedAt, startedAt);
}
