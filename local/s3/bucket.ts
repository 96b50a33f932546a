import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import type { Segment } from './bodies.js';
import { S3Error } from './errors.js';
import { readJsonFiles, removeJson, writeJson } from './json-files.js';
import { KeyIndex } from './key-index.js';

const PARTS_SUFFIX = '.parts';

export type ObjectAcl = 'private' | 'public-read';

/** What is stored beside the bytes of an object. Headers are those that GET and HEAD give back. */
export interface ObjectRecord {
  key: string;
  /** Without quotes. */
  etag: string;
  size: number;
  /** ISO 8601. */
  lastModified: string;
  headers: Record<string, string>;
  acl: ObjectAcl;
  crc32: string | undefined;
  checksumType: 'FULL_OBJECT' | 'COMPOSITE';
  segments: Segment[];
}

export interface PartRecord {
  partNumber: number;
  etag: string;
  size: number;
  crc32: string;
  lastModified: string;
  segment: Segment;
}

export interface UploadRecord {
  uploadId: string;
  key: string;
  initiated: string;
  headers: Record<string, string>;
  acl: ObjectAcl;
  /** Whether the client asked for checksums; only then does the finished object carry one. */
  checksum: boolean;
}

export interface Upload extends UploadRecord {
  parts: Map<number, PartRecord>;
}

/** The sub-resources of a bucket, each as the text the client stored. */
export type BucketDocument = 'cors' | 'policy' | 'lifecycle';

export interface BucketRecord {
  name: string;
  createdAt: string;
  documents: Partial<Record<BucketDocument, string>>;
}

/**
 * One bucket: its records in memory and, for the next start, as JSON files. Bodies are not its concern: what it
 * drops or replaces it hands back, so that the caller removes the bytes after the record.
 */
export class Bucket {
  readonly objects: KeyIndex<ObjectRecord>;
  readonly uploads: Map<string, Upload>;

  /** Reads the bucket's records from its directory. */
  constructor(
    private readonly directory: string,
    readonly record: BucketRecord,
  ) {
    const objects = readJsonFiles<ObjectRecord>(this.objectsDirectory);
    this.objects = new KeyIndex(objects.map((object) => [object.key, object]));
    const uploads = readJsonFiles<UploadRecord>(this.uploadsDirectory);
    this.uploads = new Map(uploads.map((upload) => [upload.uploadId, this.readUpload(upload)]));
    this.dropCompletedUploads();
    this.removeLostParts();
  }

  /** Every segment that a record of this bucket names. */
  *segments(): Generator<Segment> {
    for (const object of this.objects.from('')) yield* object.segments;
    for (const upload of this.uploads.values()) {
      for (const part of upload.parts.values()) yield part.segment;
    }
  }

  saveDocument(name: BucketDocument, text: string | undefined): void {
    if (text === undefined) delete this.record.documents[name];
    else this.record.documents[name] = text;
    writeJson(this.directory, 'bucket', this.record);
  }

  /** Stores the record and answers the segments of the object it replaces. */
  putObject(object: ObjectRecord): Segment[] {
    const replaced = this.objects.get(object.key);
    writeJson(this.objectsDirectory, fileName(object.key), object);
    this.objects.set(object.key, object);
    return replaced?.segments ?? [];
  }

  /** Drops the record and answers its segments. */
  deleteObject(key: string): Segment[] {
    const object = this.objects.get(key);
    if (!object) return [];
    removeJson(this.objectsDirectory, fileName(key));
    this.objects.delete(key);
    return object.segments;
  }

  upload(uploadId: string | undefined, key: string): Upload {
    const upload = this.uploads.get(uploadId ?? '');
    if (upload?.key !== key) {
      throw new S3Error(
        'NoSuchUpload',
        'The specified upload does not exist. The upload ID may be invalid, or the upload was aborted or completed.',
      );
    }
    return upload;
  }

  createUpload(record: UploadRecord): void {
    mkdirSync(this.partsDirectory(record.uploadId), { recursive: true });
    writeJson(this.uploadsDirectory, record.uploadId, record);
    this.uploads.set(record.uploadId, { ...record, parts: new Map() });
  }

  /** Stores the part and answers the segments of the one it replaces. */
  putPart(upload: Upload, part: PartRecord): Segment[] {
    const replaced = upload.parts.get(part.partNumber);
    writeJson(this.partsDirectory(upload.uploadId), String(part.partNumber), part);
    upload.parts.set(part.partNumber, part);
    return replaced ? [replaced.segment] : [];
  }

  /** Forgets the upload and answers the segments of its parts. */
  deleteUpload(upload: Upload): Segment[] {
    removeJson(this.uploadsDirectory, upload.uploadId);
    rmSync(this.partsDirectory(upload.uploadId), { recursive: true, force: true });
    this.uploads.delete(upload.uploadId);
    return [...upload.parts.values()].map((part) => part.segment);
  }

  /** A kill between an object's record and the end of its upload leaves both: the object owns the bytes. */
  private dropCompletedUploads(): void {
    const owned = new Set([...this.objects.from('')].flatMap(({ segments }) => segments.map(({ id }) => id)));
    for (const upload of [...this.uploads.values()]) {
      if ([...upload.parts.values()].some(({ segment }) => owned.has(segment.id))) this.deleteUpload(upload);
    }
  }

  private removeLostParts(): void {
    for (const name of readdirSync(this.uploadsDirectory)) {
      const isLost = name.endsWith(PARTS_SUFFIX) && !this.uploads.has(name.slice(0, -PARTS_SUFFIX.length));
      if (isLost) rmSync(join(this.uploadsDirectory, name), { recursive: true, force: true });
    }
  }

  private get objectsDirectory(): string {
    return join(this.directory, 'objects');
  }

  private get uploadsDirectory(): string {
    return join(this.directory, 'uploads');
  }

  private partsDirectory(uploadId: string): string {
    return join(this.uploadsDirectory, `${uploadId}${PARTS_SUFFIX}`);
  }

  private readUpload(record: UploadRecord): Upload {
    const parts = readJsonFiles<PartRecord>(this.partsDirectory(record.uploadId));
    return { ...record, parts: new Map(parts.map((part) => [part.partNumber, part])) };
  }
}

/** A key may be longer than a file name may, differ only in case, or climb with `..`: its hash does none of that. */
function fileName(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}
