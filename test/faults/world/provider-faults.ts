import type { Fault } from '../../support/simulator.js';

/**
 * What the provider does wrong, each at a rate: half-made creates, runs that end badly, webhooks that are lost, doubled,
 * late, out of order or spoiled, stale polls, and outputs that break off or lead astray.
 */
export function providerFaults(trapUrls: string[]): Fault[] {
  return [
    ...[
      { kind: 'reset-after-create', rate: 0.04 },
      { kind: 'reset', rate: 0.02 },
      { kind: 'error-after-create', rate: 0.03 },
      { kind: 'error', rate: 0.02 },
      { kind: 'error', status: 429, seconds: 1, rate: 0.02 },
      { kind: 'slow', delayMs: 3_000, rate: 0.03 },
      { kind: 'answer-after-webhook', rate: 0.05 },
    ].map((fault) => ({ where: 'create' as const, ...fault })),
    ...[
      { kind: 'failed', code: 'E1000', rate: 0.02 },
      { kind: 'aborted', rate: 0.01 },
      { kind: 'canceled', rate: 0.01 },
      { kind: 'output-null', rate: 0.01 },
      { kind: 'slow', seconds: 3, rate: 0.25 },
    ].map((fault) => ({ where: 'run' as const, ...fault })),
    ...[
      { kind: 'drop', rate: 0.15 },
      { kind: 'duplicate', copies: 3, rate: 0.1 },
      { kind: 'delay', delayMs: 8_000, rate: 0.05 },
      { kind: 'reorder', rate: 0.05 },
      { kind: 'answer-lost', rate: 0.05 },
      { kind: 'wrong-secret', rate: 0.04 },
      { kind: 'stale-timestamp', rate: 0.02 },
      { kind: 'future-timestamp', rate: 0.02 },
      { kind: 'two-signatures', rate: 0.04 },
      { kind: 'unknown-keys', rate: 0.04 },
    ].map((fault) => ({ where: 'webhook' as const, ...fault })),
    ...[
      { kind: 'error', rate: 0.05 },
      { kind: 'stale', rate: 0.05 },
      { kind: 'reset', rate: 0.03 },
    ].map((fault) => ({ where: 'poll' as const, ...fault })),
    ...[
      { kind: 'error', rate: 0.05 },
      { kind: 'reset', rate: 0.05 },
    ].map((fault) => ({ where: 'list' as const, ...fault })),
    { where: 'cancel', kind: 'error', rate: 0.1 },
    ...[
      { kind: 'truncated', rate: 0.02 },
      { kind: 'reset', rate: 0.02 },
      { kind: 'error', rate: 0.02 },
      { kind: 'html', rate: 0.01 },
      { kind: 'slow', bytesPerSecond: 40_000, rate: 0.1 },
      ...trapUrls.map((location) => ({ kind: 'redirect', location, rate: 0.004 })),
    ].map((fault) => ({ where: 'files' as const, ...fault })),
  ];
}
