import { type DestinationStream, type Logger as PinoLogger, pino } from 'pino';

/** The fields that every log line may carry. `durationMs` is printed as `duration`. */
export interface LogFields {
  requestId?: string | undefined;
  jobId?: string | undefined;
  userId?: string | undefined;
  mediaType?: string | undefined;
  modelId?: string | undefined;
  durationMs?: number | undefined;
  [field: string]: unknown;
}

type Level = 'error' | 'warn' | 'info' | 'debug';

/** Prints one JSON object a line: `timestamp`, `level`, `action` and the fields above. */
export class Logger {
  private readonly lines: PinoLogger;

  constructor(level: string, destination?: DestinationStream) {
    const options = {
      level,
      base: null,
      timestamp: () => `,"timestamp":"${new Date().toISOString()}"`,
      formatters: { level: (label: string) => ({ level: label }) },
    };
    this.lines = destination ? pino(options, destination) : pino(options);
  }

  /** Whether lines of that level are printed; spares the making of those that are not. */
  prints(level: Level): boolean {
    return this.lines.isLevelEnabled(level);
  }

  error(action: string, error: unknown, fields: LogFields = {}): void {
    this.write('error', action, { ...fields, error: describeError(error) });
  }

  warn(action: string, fields: LogFields = {}): void {
    this.write('warn', action, fields);
  }

  info(action: string, fields: LogFields = {}): void {
    this.write('info', action, fields);
  }

  debug(action: string, fields: LogFields = {}): void {
    this.write('debug', action, fields);
  }

  private write(level: Level, action: string, { durationMs, ...fields }: LogFields): void {
    this.lines[level]({ action, ...fields, ...(durationMs === undefined ? {} : { duration: durationMs }) });
  }
}

/** An error with its causes, the first eight at most, as text; for the operator, never for a client. */
export function describeError(error: unknown, mostCauses = 8): string {
  if (!(error instanceof Error)) return asText(error);
  const told = error.stack ?? error.message;
  if (error.cause === undefined) return told;
  return `${told} ← ${mostCauses > 0 ? describeError(error.cause, mostCauses - 1) : '…'}`;
}

/** Some things thrown cannot become text: objects without a prototype, or whose own toString throws. */
function asText(thrown: unknown): string {
  try {
    return String(thrown);
  } catch {
    return 'something that has no text';
  }
}
