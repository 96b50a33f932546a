import type { DrawnFault } from './faults.js';
import type { Status } from './predictions.js';

/** How a run is to end; `output` is what replaces the real one. */
export interface Outcome {
  status: Extract<Status, 'succeeded' | 'failed' | 'canceled' | 'aborted'>;
  error: string | null;
  output: 'made' | 'other-shape' | 'none' | { value: unknown };
}

/** Texts of `error` as Replicate's error-code page and its users report them. */
const errorTexts: Record<string, string> = {
  E1000: 'Unknown error occurred (code: E1000)',
  E1001: 'CUDA out of memory. Tried to allocate 2.00 GiB (code: E1001)',
  E4875: 'Webhook URL is empty (code: E4875)',
  E6716: 'Timeout starting prediction (code: E6716)',
  E8367: 'Prediction stopped in a non-terminal state (code: E8367)',
  E8765: 'Health check failed (code: E8765)',
  E9243: 'Error starting prediction (code: E9243)',
  E9825: 'Failed to upload file (code: E9825)',
  nsfw: 'NSFW content detected. Try running it again, or try a different prompt.',
  oom: 'CUDA out of memory. Tried to allocate 2.00 GiB (GPU 0; 44.35 GiB total capacity)',
};

export const runLimitError = errorTexts.E8367 as string;

/** Without a fault a run succeeds with what was made. */
export function outcomeOf(fault: DrawnFault<'run'> | undefined): Outcome {
  const succeeded = (output: Outcome['output']): Outcome => ({ status: 'succeeded', error: null, output });
  switch (fault?.kind) {
    case 'failed':
      return { status: 'failed', error: failure(fault), output: 'none' };
    case 'aborted':
      return { status: 'aborted', error: null, output: 'none' };
    case 'canceled':
      return { status: 'canceled', error: null, output: 'none' };
    case 'output-null':
      return succeeded({ value: null });
    case 'output-empty-string':
      return succeeded({ value: '' });
    case 'output-empty-array':
      return succeeded({ value: [] });
    case 'output-other-shape':
      return succeeded('other-shape');
    default:
      return succeeded('made');
  }
}

function failure({ code, error }: { code?: string; error?: string }): string {
  return error ?? errorTexts[code ?? ''] ?? 'Prediction failed.';
}
