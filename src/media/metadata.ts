import { createHash } from 'node:crypto';
import type { IngestRequest, StoredOutput } from './stored-output.js';

/** The version of this document's shape; another is read as if nothing were recorded. */
const SCHEMA = 1;

/**
 * The body of `metadata.json`. It is written last, so its presence says that all the job's files are there.
 * The sources stand as hashes: their URLs may be signed, and the document may be public.
 */
export function metadataDocument(request: IngestRequest, sources: string[], outputs: StoredOutput[]): string {
  const { jobId, userId, mediaType, createdAt, facts } = request;
  const document = {
    schema: SCHEMA,
    ...facts,
    jobId,
    userId,
    mediaType,
    createdAt: createdAt.toISOString(),
    sources: sources.map(sourceHash),
    outputs,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** The outputs that an earlier run recorded from the very same sources, or null. */
export function recordedOutputs(
  text: string | null,
  request: IngestRequest,
  sources: string[],
): StoredOutput[] | null {
  const document = text === null ? null : parsed(text);
  if (document?.schema !== SCHEMA || document.jobId !== request.jobId || !Array.isArray(document.outputs))
    return null;
  const same = JSON.stringify(document.sources) === JSON.stringify(sources.map(sourceHash));
  return same && document.outputs.length === sources.length ? (document.outputs as StoredOutput[]) : null;
}

function parsed(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function sourceHash(source: string): string {
  return createHash('sha256').update(source).digest('hex');
}
