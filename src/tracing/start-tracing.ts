import { isTracingWanted } from '../config/settings.js';

/** Starts OpenTelemetry where the standard variables ask for it; else not even its packages are loaded. */
export async function startTracing(role: 'api' | 'worker'): Promise<void> {
  if (!isTracingWanted()) return;
  const { startOpenTelemetry } = await import('./open-telemetry.js');
  startOpenTelemetry(role);
}
