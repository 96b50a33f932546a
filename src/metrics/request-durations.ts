import type { Metrics } from './metrics.js';

const BUCKETS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const NAME = 'vsl_http_request_duration_seconds';
const HELP = 'Answers of the API by route and status';

interface Tally {
  buckets: Uint32Array;
  count: number;
  sum: number;
}

/** The answers of one route: a histogram of their times (seconds) for each status. */
export class RouteDurations {
  private readonly tallies: (Tally | undefined)[] = [];

  constructor(
    private readonly method: string,
    private readonly route: string,
  ) {}

  observe(status: number, seconds: number): void {
    const tally = (this.tallies[status] ??= { buckets: new Uint32Array(BUCKETS.length), count: 0, sum: 0 });
    tally.count += 1;
    tally.sum += seconds;
    const bucket = BUCKETS.findIndex((limit) => seconds <= limit);
    if (bucket >= 0) tally.buckets[bucket]! += 1;
  }

  /** The samples as Prometheus has them: each bucket counts those below it too. */
  samples() {
    return this.tallies.flatMap((tally, status) => {
      if (!tally) return [];
      const labels = { method: this.method, route: this.route, status };
      let below = 0;
      const buckets = BUCKETS.map((le, index) => {
        below += tally.buckets[index]!;
        return { labels: { ...labels, le }, value: below, metricName: `${NAME}_bucket` };
      });
      return [
        ...buckets,
        { labels: { ...labels, le: '+Inf' }, value: tally.count, metricName: `${NAME}_bucket` },
        { labels, value: tally.sum, metricName: `${NAME}_sum` },
        { labels, value: tally.count, metricName: `${NAME}_count` },
      ];
    });
  }
}

/**
 * Times the answers of each route. The registry's own histogram hashes its labels at every observation, which would show
 * in the fastest route; here each route has its tally at hand.
 */
export class RequestDurations {
  private readonly routes = new Map<string, RouteDurations>();

  constructor({ registry }: Metrics) {
    const get = async () => ({
      name: NAME,
      help: HELP,
      type: 'histogram' as never,
      aggregator: 'sum' as const,
      values: [...this.routes.values()].flatMap((route) => route.samples()),
    });
    registry.registerMetric({ name: NAME, get, reset: () => undefined } as never);
  }

  /** The one tally of that route. */
  of(method: string, route: string): RouteDurations {
    const name = `${method} ${route}`;
    const known = this.routes.get(name) ?? new RouteDurations(method, route);
    this.routes.set(name, known);
    return known;
  }
}
