import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { type MediaStore } from '../../../src/storage/media.store.js';
import { startBreakingProxy } from '../media/breaking-proxy.js';
import { startStoredMedia, type StoredMedia } from '../media/stored-media.js';

jest.setTimeout(60_000);

let media: StoredMedia;
let store: MediaStore;

beforeAll(async () => {
  media = await startStoredMedia();
  store = media.store;
});

afterAll(() => media.close());

const png = { contentType: 'image/png' };

async function stored(key: string): Promise<Buffer> {
  const body = await store.read(key);
  if (!body) throw new Error(`nothing is stored at ${key}`);
  return Buffer.concat(await body.toArray());
}

function inChunks(bytes: Buffer, size = 10_000): Readable {
  const starts = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) => index * size);
  return Readable.from(starts.map((start) => bytes.subarray(start, start + size)));
}

describe('a stored object', () => {
  it.each([
    ['a buffer', (bytes: Buffer) => store.put('a', bytes, png)],
    ['a stream', (bytes: Buffer) => store.putStream('a', inChunks(bytes), bytes.length, png)],
  ])('given as %s comes back byte for byte', async (_what, put) => {
    const bytes = randomBytes(3_000_017);
    await put(bytes);
    expect(
      createHash('sha256')
        .update(await stored('a'))
        .digest('hex'),
    ).toBe(createHash('sha256').update(bytes).digest('hex'));
  });

  it('is encrypted, and has the type, the lifetime and the metadata it was given', async () => {
    await store.put('b', 'text', {
      contentType: 'text/x',
      cacheControl: 'no-cache',
      metadata: { sha256: 'abc' },
    });
    expect(await store.head('b')).toEqual({
      bytes: 4,
      contentType: 'text/x',
      metadata: { sha256: 'abc' },
      etag: '"1cb251ec0d568de6a929b520c4aed8d1"',
    });
    const seen = await media.client.send(new HeadObjectCommand({ Bucket: media.bucket, Key: 'b' }));
    expect(seen).toMatchObject({ ServerSideEncryption: 'AES256', CacheControl: 'no-cache' });
  });

  it('is replaced by a later one', async () => {
    await store.put('c', 'one', png);
    await store.put('c', 'another', png);
    expect(await store.readText('c')).toBe('another');
  });

  it('that was to be the first at its key is refused when there is one', async () => {
    const bytes = Buffer.from('the first');
    const once = { ...png, once: true };
    await store.putStream('once', inChunks(bytes), bytes.length, once);
    await expect(store.putStream('once', inChunks(bytes), bytes.length, once)).rejects.toMatchObject({
      code: 'storage_failed',
    });
    expect((await stored('once')).equals(bytes)).toBe(true);
  });

  it('is deleted by its ETag only while it is the same', async () => {
    const [one, other] = [Buffer.from('one'), Buffer.from('other')];
    const etag = await store.putStream('changed', inChunks(one), one.length, png);
    await store.putStream('changed', inChunks(other), other.length, png);
    await store.deleteIfUnchanged('changed', etag);
    expect((await stored('changed')).equals(other)).toBe(true);
    await store.deleteIfUnchanged('changed', (await store.head('changed'))!.etag);
    await store.deleteIfUnchanged('changed', etag);
    expect(await store.head('changed')).toBeNull();
  });

  it('is listed by the beginning of its key, and hashed as it is stored', async () => {
    for (const key of ['list/a', 'list/b', 'listed']) await store.put(key, key, png);
    expect(await store.keys('list/')).toEqual(['list/a', 'list/b']);
    expect(await store.sha256('list/a')).toBe(createHash('sha256').update('list/a').digest('hex'));
    expect(await store.sha256('list/none')).toBeNull();
  });

  it('that is not there is null, and may be deleted', async () => {
    expect(await store.head('none')).toBeNull();
    expect(await store.read('none')).toBeNull();
    expect(await store.readText('none')).toBeNull();
    await expect(store.delete('none')).resolves.toBeUndefined();
  });

  it('is gone when it was deleted', async () => {
    await store.put('d', 'text', png);
    await store.delete('d');
    expect(await store.head('d')).toBeNull();
  });

  it('does not appear when its stream breaks off, is too short, or is aborted', async () => {
    const bytes = randomBytes(500_000);
    const broken = Readable.from(
      (function* () {
        yield bytes.subarray(0, 1000);
        throw new Error('broken');
      })(),
    );
    const abort = new AbortController();
    const stalled = new Readable({ read: () => undefined });
    stalled.push(bytes.subarray(0, 1000));
    setTimeout(() => abort.abort(new Error('cancelled')), 50);
    const options = { ...png, signal: AbortSignal.timeout(3_000) };
    await expect(store.putStream('e', broken, bytes.length, options)).rejects.toBeDefined();
    await expect(
      store.putStream('e', inChunks(bytes.subarray(1)), bytes.length, options),
    ).rejects.toBeDefined();
    await expect(
      store.putStream('e', stalled, bytes.length, { ...png, signal: abort.signal }),
    ).rejects.toThrow('cancelled');
    expect(await store.head('e')).toBeNull();
    expect(await media.uploadsInProgress()).toBe(0);
  });
});

describe('a store that cannot be reached', () => {
  let down: MediaStore;

  beforeAll(() => {
    down = media.storeWith({ endpoint: `http://127.0.0.1:1` });
  });

  afterAll(() => down.close());

  it.each([
    ['a put', () => down.put('a', 'text', png)],
    ['a head', () => down.head('a')],
    ['a read', () => down.read('a')],
    ['a delete', () => down.delete('a')],
    ['a ping', () => down.ping(2_000)],
  ])('fails %s with an error that may be tried again', async (_what, ask) => {
    await expect(ask()).rejects.toMatchObject({ code: 'storage_failed', retryable: true });
  });

  it('is told from one that can by a ping', async () => {
    await expect(store.ping(2_000)).resolves.toBeUndefined();
  });

  it('fails a ping in time when it does not answer', async () => {
    const mute = createServer(() => undefined);
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const waiting = media.storeWith({
      endpoint: `http://127.0.0.1:${(mute.address() as AddressInfo).port}`,
    });
    await expect(waiting.ping(200)).rejects.toMatchObject({ code: 'storage_failed' });
    waiting.close();
    mute.closeAllConnections();
    mute.close();
  });
});

describe('a file put through a connection that breaks', () => {
  it.each([
    [1, true],
    [2, true],
    [3, false],
  ])('%i times is stored: %s', async (breaks, isStored) => {
    const directory = await mkdtemp(join(tmpdir(), 'media-test-file-'));
    const path = join(directory, 'file');
    const bytes = randomBytes(800_000);
    await writeFile(path, bytes);
    const proxy = await startBreakingProxy(media.url, breaks);
    const shaky = media.storeWith({ endpoint: proxy.url });
    const key = `shaky-${breaks}`;
    const put = shaky.putFile(key, path, bytes.length, png);
    if (isStored) await put;
    else await expect(put).rejects.toMatchObject({ code: 'storage_failed', retryable: true });
    expect((await store.head(key))?.bytes).toBe(isStored ? bytes.length : undefined);
    expect(proxy.puts()).toBe(isStored ? breaks + 1 : 3);
    shaky.close();
    proxy.close();
    await rm(directory, { recursive: true });
  });
});
