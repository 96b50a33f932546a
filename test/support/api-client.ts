import { eventually } from './eventually.js';

/** One stored file as a status tells it; sizes are bytes and pixels, `duration` seconds. */
export interface MediaFile {
  originalUrl: string;
  s3Path: string;
  fileSize: number;
  contentType: string;
  sha256: string;
  width?: number;
  height?: number;
  duration?: number;
  thumbnailUrl?: string;
  previewUrl?: string;
  waveformUrl?: string;
  metadataUrl: string;
}

/** The body of a job's status. */
export interface JobStatus {
  jobId: string;
  status: 'pending' | 'processing' | 'completed' | 'failed' | 'canceled';
  mediaType: string;
  modelId: string;
  userId: string;
  replicateId: string | null;
  createdAt: string;
  updatedAt: string;
  completedAt?: string;
  processingTime?: number;
  estimatedCost: number;
  actualCost?: number;
  result?: MediaFile & { outputs?: MediaFile[] };
  error?: { code: string; message: string; retryable: boolean };
}

/** What `GET /jobs/{jobId}` tells besides the status. */
export interface JobDetails extends JobStatus {
  parameters: Record<string, unknown>;
  providerInput: Record<string, unknown>;
  retriedFrom?: string;
  timeline: { at: string; from: string | null; to: string; cause: string }[];
}

/** An answer as it came: `body` is the parsed JSON, undefined where there is none; the caller names its shape. */
export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  body: unknown;
}

export interface CallOptions {
  /** Sent as JSON, or as it is when it is text. */
  body?: unknown;
  headers?: Record<string, string>;
  timeoutMs?: number;
}

const FINAL = ['completed', 'failed', 'canceled'];

export function isFinal({ status }: { status: string }): boolean {
  return FINAL.includes(status);
}

/** Calls to one API process. */
export class ApiClient {
  constructor(readonly url: string) {}

  async call(method: string, path: string, options: CallOptions = {}): Promise<Answer> {
    const { body, headers = {}, timeoutMs = 30_000 } = options;
    const response = await fetch(this.url + path, {
      method,
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: parsed(text) };
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.call('GET', path, { headers });
  }

  post(path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return this.call('POST', path, { body, headers });
  }

  /** Asks for a job and returns its id; throws when it was not accepted. */
  async generate(request: object): Promise<string> {
    const answer = await this.post('/generate-media', request);
    if (answer.status !== 202) throw new Error(`Not accepted: ${answer.status} ${answer.text}`);
    return (answer.body as { jobId: string }).jobId;
  }

  async status(jobId: string): Promise<JobStatus> {
    return this.ok<JobStatus>(`/status/${jobId}`);
  }

  async job(jobId: string): Promise<JobDetails> {
    return this.ok<JobDetails>(`/jobs/${jobId}`);
  }

  /** The job's status once it is over. */
  finished(jobId: string, timeoutMs = 30_000): Promise<JobStatus> {
    return eventually(() => this.status(jobId), isFinal, timeoutMs);
  }

  /** The job's status once it is `status`. */
  reached(jobId: string, status: JobStatus['status'], timeoutMs = 20_000): Promise<JobStatus> {
    return eventually(
      () => this.status(jobId),
      (seen) => seen.status === status,
      timeoutMs,
    );
  }

  private async ok<T>(path: string): Promise<T> {
    const answer = await this.get(path);
    if (answer.status !== 200) throw new Error(`GET ${path}: ${answer.status} ${answer.text}`);
    return answer.body as T;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
