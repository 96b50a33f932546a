/** What a span tells besides its name and its time; of few values each, but for ids. */
export type SpanAttributes = Record<string, string | number | undefined>;

interface Span {
  name: string;
  attributes?: SpanAttributes;
  /** W3C `traceparent` of the span that this one goes back to; the one under way when absent. */
  parent?: string | undefined;
}

/** What makes spans, installed where tracing is on. */
export interface Tracer {
  /** Runs the work within a span that ends with it; what it throws is noted and thrown on. */
  run<T>(span: Span, work: () => Promise<T>): Promise<T>;
  /** W3C `traceparent` of the span under way. */
  traceparent(): string | undefined;
  /** Sends what is not sent yet. */
  flush(): Promise<void>;
}

let installed: Tracer | undefined;

/** Has spans made from now on; without it they cost a look at a variable, and no package is loaded for them. */
export function traceWith(tracer: Tracer): void {
  installed = tracer;
}

/** Runs the work within a span of that name, where tracing is on. */
export function inSpan<T>(span: Span, work: () => Promise<T>): Promise<T> {
  return installed ? installed.run(span, work) : work();
}

/** Sends the spans that are not sent yet, where tracing is on. */
export async function flushTraces(): Promise<void> {
  await installed?.flush();
}

/** The request that a job or a message goes back to: for log lines, and for the trace that goes on with it. */
export interface Origin {
  requestId?: string;
  /** W3C `traceparent` of the request's span, where it is traced. */
  traceparent?: string;
}

/** The origin of what the request under way makes. */
export function originOf(requestId: string): Origin {
  const traceparent = installed?.traceparent();
  return { requestId, ...(traceparent === undefined ? {} : { traceparent }) };
}
