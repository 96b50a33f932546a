import type { DemoJob } from './demo-jobs.js';

const REQUEST_TIMEOUT_MS = 15_000;

/** One stored file of a finished job. */
export interface DemoOutput {
  originalUrl: string;
  contentType: string;
  fileSize: number;
  sha256: string;
  thumbnailUrl?: string;
  previewUrl?: string;
  waveformUrl?: string;
  metadataUrl: string;
}

/** What the demo reads of a status body. */
export interface DemoStatus {
  jobId: string;
  status: string;
  mediaType: string;
  result?: DemoOutput;
  error?: { message: string };
}

/** The few calls of the API that the demo makes; an answer that is not as it should be is an error. */
export class DemoClient {
  constructor(private readonly url: string) {}

  async generate(job: DemoJob): Promise<{ jobId: string; estimatedCost: number }> {
    return this.post('/generate-media', { ...job, userId: 'demo' });
  }

  async status(jobId: string): Promise<DemoStatus> {
    return this.call(`/status/${jobId}`);
  }

  async get<T>(path: string): Promise<T> {
    return this.call(path);
  }

  async post<T>(path: string, body: object, headers: Record<string, string> = {}): Promise<T> {
    return this.call(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  }

  private async call<T>(path: string, init: RequestInit = {}): Promise<T> {
    const response = await fetch(`${this.url}${path}`, {
      ...init,
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as T;
  }
}
