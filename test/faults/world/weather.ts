import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../../local/replicate/random.js';
import type { ProxiedService, TestApp } from '../../support/app.js';
import type { TcpProxy } from '../../support/tcp-proxy.js';
import type { Plan } from '../plan.js';
import type { Crew } from './crew.js';

/** How a service fails for a time. */
const OUTAGES: Record<string, (proxy: TcpProxy, random: Random) => void> = {
  down: (proxy) => proxy.down(),
  hung: (proxy) => proxy.hang(),
  mute: (proxy) => proxy.muteAnswers(),
  slow: (proxy) => proxy.slow({ latencyMs: 40, bytesPerSecond: 200_000 }),
  cut: (proxy, random) => proxy.cutAfter(random.integer(4_000)),
  reset: (proxy) => proxy.reset(),
};

const SERVICES: ProxiedService[] = ['postgres', 'redis', 'dynamodb', 's3', 'replicate'];

/** What goes wrong around the processes while they work. Everything follows from the seed but the exact moments. */
export class Weather {
  readonly outages = new Map<string, number>();
  flushes = 0;

  constructor(
    private readonly app: TestApp,
    private readonly crew: Crew,
    private readonly random: Random,
  ) {}

  /** Lets all that the plan holds happen within about `seconds`, then heals every service. */
  async rage(plan: Plan['storm'], seconds: number): Promise<void> {
    const modes = SERVICES.flatMap((service) => Object.keys(OUTAGES).map((mode) => ({ service, mode })));
    const outages = Array.from({ length: plan.roundsOfOutages }, () => this.shuffled(modes)).flat();
    await Promise.all([
      this.spread(plan.kills, seconds, async () => this.crew.killOne()),
      this.spread(plan.stops, seconds, () =>
        this.crew.pauseOne(1_000 * this.random.between(1, plan.longestStopSeconds)),
      ),
      this.spread(plan.flushes, seconds, () => this.emptyRedis()),
      this.spread(outages.length, seconds, (index) => {
        const { service, mode } = outages[index]!;
        return this.outage(service, mode, 1_000 * this.random.between(0.5, plan.longestOutageSeconds));
      }),
    ]);
  }

  /** One after the other, each at a moment of its share of the time, or late when the one before it lasted. */
  private async spread(
    count: number,
    seconds: number,
    happen: (index: number) => Promise<void>,
  ): Promise<void> {
    const startedAt = Date.now();
    for (let index = 0; index < count; index += 1) {
      const dueAt = startedAt + (1_000 * seconds * (index + this.random.next())) / count;
      await sleep(Math.max(0, dueAt - Date.now()));
      await happen(index);
    }
  }

  private async outage(service: ProxiedService, mode: string, milliseconds: number): Promise<void> {
    const name = `${service} ${mode}`;
    this.outages.set(name, (this.outages.get(name) ?? 0) + 1);
    const proxy = this.app.proxies[service];
    OUTAGES[mode]!(proxy, this.random);
    await sleep(milliseconds);
    proxy.heal();
  }

  /** All that this run holds in Redis is gone, the queues too; others may have a database on the same server. */
  private async emptyRedis(): Promise<void> {
    await this.app.redis.flushdb();
    this.flushes += 1;
  }

  private shuffled<T>(items: T[]): T[] {
    return items
      .map((item) => ({ item, order: this.random.next() }))
      .sort((a, b) => a.order - b.order)
      .map(({ item }) => item);
  }
}
