import { context, propagation, ROOT_CONTEXT, SpanStatusCode, trace, type Context } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { registerInstrumentations } from '@opentelemetry/instrumentation';
import { AwsInstrumentation } from '@opentelemetry/instrumentation-aws-sdk';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { IORedisInstrumentation } from '@opentelemetry/instrumentation-ioredis';
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { traceWith, type Tracer } from './tracing.js';

/** Asked by machines all day long, and of no interest. */
const UNTRACED = /^\/(health\/|metrics$)/;

/**
 * Traces this process and exports by OTLP over HTTP; the exporter, the sampler and the resource read the standard
 * variables themselves. What happens by the clock is traced only from where it touches a job.
 */
export function startOpenTelemetry(role: string): void {
  const named = resourceFromAttributes({ 'service.name': `vsl-media-${role}` });
  const provider = new NodeTracerProvider({
    resource: defaultResource()
      .merge(named)
      .merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
  });
  provider.register();
  registerInstrumentations({
    instrumentations: [
      new HttpInstrumentation({
        ignoreIncomingRequestHook: ({ url = '' }) => UNTRACED.test(url),
        requireParentforOutgoingSpans: true,
      }),
      new UndiciInstrumentation({ requireParentforSpans: true }),
      new PgInstrumentation({ requireParentSpan: true }),
      new IORedisInstrumentation({ requireParentSpan: true }),
      new AwsInstrumentation({ suppressInternalInstrumentation: true }),
    ],
  });
  traceWith(tracerOf(provider));
}

function tracerOf(provider: NodeTracerProvider): Tracer {
  const tracer = provider.getTracer('vsl-media');
  return {
    run: ({ name, attributes = {}, parent }, work) =>
      tracer.startActiveSpan(name, { attributes }, parentContext(parent), async (span) => {
        try {
          return await work();
        } catch (error) {
          span.recordException(error as Error);
          span.setStatus({ code: SpanStatusCode.ERROR });
          throw error;
        } finally {
          span.end();
        }
      }),
    traceparent: () => {
      const carrier: { traceparent?: string } = {};
      if (trace.getActiveSpan()) propagation.inject(context.active(), carrier);
      return carrier.traceparent;
    },
    flush: () => provider.forceFlush(),
  };
}

function parentContext(traceparent: string | undefined): Context {
  return traceparent === undefined ? context.active() : propagation.extract(ROOT_CONTEXT, { traceparent });
}
