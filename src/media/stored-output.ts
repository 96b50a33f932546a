import type { MediaType } from './content-type.js';
import type { StreamSignature } from './probe.js';

/**
 * Runs `work` only if the outputs are still to be stored, and lets nothing finish their job meanwhile; gives whether it
 * ran. What takes away from the store goes through it: a run that lost the job must not undo the winner's work.
 */
export type WhileWanted = (work: () => Promise<void>) => Promise<boolean>;

/** Whose outputs are stored; `facts` is what the job's `metadata.json` is to say beside them. */
export interface IngestRequest {
  jobId: string;
  userId: string;
  mediaType: MediaType;
  createdAt: Date;
  facts: Record<string, unknown>;
  whileWanted: WhileWanted;
}

/** One output of a job as it lies in the store: a row of `media_outputs`. `index` counts from 0. */
export interface StoredOutput {
  index: number;
  objectKey: string;
  bytes: number;
  contentType: string;
  /** Hex. */
  sha256: string;
  /** The picture as it is shown: rotation and sample aspect ratio applied. */
  width?: number;
  height?: number;
  durationSeconds?: number;
  thumbnailKey?: string;
  previewKey?: string;
  waveformKey?: string;
  /** Null for a picture, which has no streams. */
  signature: StreamSignature | null;
}
