import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TemporaryFolders } from '../../../src/media/temporary-folders.js';

let parent: string;
let folders: TemporaryFolders;

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'media-test-folders-'));
  folders = new TemporaryFolders(parent);
});

afterEach(() => rm(parent, { recursive: true }));

/** The folder that a process would have made, with a file in it. */
async function folderOf(namespace: string, pid: number, startedTicks: string): Promise<string> {
  const path = join(parent, `vsl-media-${namespace}-${pid}-${startedTicks}-aB3_x9`);
  await mkdir(join(path, '0'), { recursive: true });
  await writeFile(join(path, '0', 'original'), 'bytes');
  return path;
}

const ownNamespace = async () => /\d+/.exec(await readlink('/proc/self/ns/pid'))![0];

async function ticksOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]!;
}

function sleeper(cwd: string): ChildProcess & { pid: number } {
  return spawn('sleep', ['600'], { cwd, stdio: 'ignore', detached: true }) as ChildProcess & { pid: number };
}

async function end(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

describe('the sweep of temporary folders', () => {
  it('leaves the folder of this process', async () => {
    const own = await folders.make();
    expect(await folders.sweep()).toBe(0);
    expect([join(parent, (await readdir(parent))[0]!)]).toEqual([own]);
  });

  it('leaves the folder of another process until that has ended', async () => {
    const worker = sleeper(parent);
    await folderOf(await ownNamespace(), worker.pid, await ticksOf(worker.pid));
    expect(await folders.sweep()).toBe(0);
    await end(worker);
    expect(await folders.sweep()).toBe(1);
    expect(await readdir(parent)).toEqual([]);
  });

  it('takes a process for another when it has the number of one that ended', async () => {
    await folderOf(await ownNamespace(), process.pid, '1');
    expect(await folders.sweep()).toBe(1);
  });

  it('kills what still works for a dead process, and nothing else', async () => {
    const left = await folderOf(await ownNamespace(), process.pid, '1');
    const [orphan, bystander] = [sleeper(join(left, '0')), sleeper(parent)];
    const ended = once(orphan, 'exit');
    await folders.sweep();
    expect(await ended).toEqual([null, 'SIGKILL']);
    expect(bystander.exitCode ?? bystander.signalCode).toBeNull();
    await end(bystander);
  });

  it('leaves the folder of a process that it cannot see, for a day', async () => {
    const unseen = await folderOf('12', 34, '56');
    expect(await folders.sweep()).toBe(0);
    const longAgo = new Date(Date.now() - 25 * 3_600_000);
    await utimes(unseen, longAgo, longAgo);
    expect(await folders.sweep()).toBe(1);
  });

  it('touches neither links nor what is not its own', async () => {
    const elsewhere = await mkdtemp(join(tmpdir(), 'media-test-elsewhere-'));
    await symlink(elsewhere, join(parent, `vsl-media-${await ownNamespace()}-1-1-aB3_x9`));
    await mkdir(join(parent, 'vsl-media-notes'));
    await writeFile(join(parent, 'vsl-media-1-1-1-aB3_x8'), '');
    expect(await folders.sweep()).toBe(0);
    expect(await readdir(parent)).toHaveLength(3);
    await rm(elsewhere, { recursive: true });
  });
});
