import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { Bodies } from './bodies.js';
import { Bucket, type BucketRecord } from './bucket.js';
import { S3Error } from './errors.js';
import { readJsonFiles, writeJson } from './json-files.js';

/**
 * Everything the server keeps: `bodies/` with the bytes under random ids, `buckets/NAME/` with the records.
 * Bytes are written first, then the record in one rename, then the bytes it replaced are removed: a kill at any
 * point leaves either the old object or the new one, and at worst bytes that the next start removes.
 */
export class Storage {
  private constructor(
    private readonly directory: string,
    private readonly buckets: Map<string, Bucket>,
    readonly bodies: Bodies,
  ) {}

  static async open(root: string): Promise<Storage> {
    const directory = join(root, 'buckets');
    mkdirSync(directory, { recursive: true });
    const buckets = new Map<string, Bucket>();
    for (const name of readdirSync(directory)) {
      const [record] = readJsonFiles<BucketRecord>(join(directory, name));
      if (record) buckets.set(name, new Bucket(join(directory, name), record));
    }
    const known = new Set<string>();
    for (const bucket of buckets.values()) {
      for (const { id } of bucket.segments()) known.add(id);
    }
    return new Storage(directory, buckets, await Bodies.open(join(root, 'bodies'), known));
  }

  list(): Bucket[] {
    return [...this.buckets.values()].sort((a, b) => (a.record.name < b.record.name ? -1 : 1));
  }

  find(name: string): Bucket | undefined {
    return this.buckets.get(name);
  }

  bucket(name: string): Bucket {
    const bucket = this.buckets.get(name);
    if (!bucket) throw new S3Error('NoSuchBucket', 'The specified bucket does not exist.');
    return bucket;
  }

  create(record: BucketRecord): void {
    const directory = join(this.directory, record.name);
    mkdirSync(directory, { recursive: true });
    writeJson(directory, 'bucket', record);
    this.buckets.set(record.name, new Bucket(directory, record));
  }

  /** Removes a bucket without objects; its unfinished uploads go with it. */
  delete(name: string): void {
    const bucket = this.bucket(name);
    if (bucket.objects.size > 0) {
      throw new S3Error('BucketNotEmpty', 'The bucket you tried to delete is not empty.');
    }
    const segments = [...bucket.segments()];
    this.buckets.delete(name);
    rmSync(join(this.directory, name), { recursive: true, force: true });
    this.bodies.remove(segments);
  }
}
