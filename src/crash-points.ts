/**
 * Places where dying hurts: between two changes that belong together. The fault tests have a process die there; in
 * every other process they do nothing.
 */
export const CRASH_POINTS = [
  // API
  'job-stored',
  'cancel-wished',
  'webhook-stored',
  // Worker: messages
  'outbox-taken',
  'outbox-queued',
  'message-taken',
  'message-handled',
  'checks-sent',
  // Worker: prediction
  'submitting-committed',
  'create-answered',
  'create-recorded',
  'webhook-read',
  'webhook-applied',
  'prediction-polled',
  'submissions-listed',
  'prediction-canceled',
  // Worker: outputs
  'output-opened',
  'output-arriving',
  'original-stored',
  'pieces-stored',
  'metadata-stored',
  'completion-written',
  'completion-committed',
  'one-mirror-written',
  'mirrors-written',
] as const;

export type CrashPoint = (typeof CRASH_POINTS)[number];

/** Where, and at which pass from 1, the process is to die. */
export interface PlannedCrash {
  point: CrashPoint;
  pass: number;
}

let planned: PlannedCrash | undefined;
let passes = 0;

export function planCrash(crash: PlannedCrash | undefined): void {
  planned = crash;
  passes = 0;
}

/** Ends the process at once, as a lost machine would, if it is planned to die here. */
export function crashPoint(point: CrashPoint): void {
  if (planned?.point !== point) return;
  passes += 1;
  if (passes === planned.pass) process.kill(process.pid, 'SIGKILL');
}
