import { appendFileSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../../local/replicate/random.js';
import { freePort } from '../../../local/services/free-port.js';
import { startWatchdog } from '../../../local/services/watchdog.js';
import type { CrashPoint } from '../../../src/crash-points.js';
import { ApiClient } from '../../support/api-client.js';
import { AppProcess, type Ending, type Environment } from '../../support/app-process.js';
import type { CrashPlan, Role } from './crash-plan.js';

/** A process that is still starting is left alone so long: killing it again and again would test nothing. */
const STARTING_MS = 3_000;

/** What Node.js prints of a promise whose failure nobody met, and of listeners that pile up. */
const COMPLAINTS = /unhandled|uncaught|MaxListenersExceeded|DeprecationWarning/i;

/** A place in the crew: whoever holds it is replaced when it dies. */
interface Place {
  role: Role;
  env: Environment;
  holder?: AppProcess | undefined;
  point?: CrashPoint | undefined;
  startedAt: number;
  killed: boolean;
  paused: boolean;
}

/** The API and worker processes of a run: each that dies is replaced at once, as an orchestrator would. */
export class Crew {
  /** Clients of the APIs, whether these live or not. */
  readonly apis: ApiClient[] = [];
  kills = 0;
  pauses = 0;
  /** What processes did that nobody made them do: ended by themselves, or complained. */
  readonly odd: string[] = [];
  private readonly places: Place[] = [];
  private readonly watchdog = startWatchdog();
  private standing: Promise<void>[] = [];
  private dismissed = false;

  constructor(
    private readonly env: Environment,
    private readonly plan: CrashPlan,
    private readonly random: Random,
    private readonly logFile: string,
  ) {}

  /** The first API takes the port that webhooks go to. */
  async start(apis: number, workers: number): Promise<void> {
    const webhookPort = new URL(this.env.WEBHOOK_BASE_URL!).port;
    for (let index = 0; index < apis; index += 1) {
      const PORT = index === 0 ? webhookPort : String(await freePort());
      this.apis.push(new ApiClient(`http://127.0.0.1:${PORT}`));
      this.add('api', { PORT });
    }
    for (let index = 0; index < workers; index += 1) this.add('worker', {});
  }

  /** Kills one that has started, if there is one. */
  killOne(): void {
    const place = this.pick();
    if (!place) return;
    place.killed = true;
    this.kills += 1;
    place.holder!.signal('SIGKILL');
  }

  /** Holds one up for a time: hung, not dead. */
  async pauseOne(milliseconds: number): Promise<void> {
    const place = this.pick();
    const held = place?.holder;
    if (!place || !held) return;
    place.paused = true;
    this.pauses += 1;
    held.signal('SIGSTOP');
    await sleep(milliseconds);
    held.signal('SIGCONT');
    place.paused = false;
  }

  /** Open descriptors of each living process. */
  descriptors(): number[] {
    return this.places.flatMap(({ holder }) => {
      const pid = holder?.isRunning ? holder.pid : undefined;
      return pid === undefined ? [] : [readdirSync(`/proc/${pid}/fd`).length];
    });
  }

  /** Stops all as a deploy does; who does not go by itself, and well, is odd. */
  async stop(): Promise<void> {
    this.dismissed = true;
    const endings = await Promise.all(
      this.places.map(async ({ role, holder }) => ({ role, ending: await holder?.stop() })),
    );
    await Promise.all(this.standing);
    for (const { role, ending } of endings) {
      if (ending && (ending.signal !== null || ending.code !== 0))
        this.odd.push(`A ${role} did not stop well: ${ending.signal ?? ending.code}`);
    }
    this.watchdog.dismiss();
  }

  private add(role: Role, env: Environment): void {
    const place: Place = { role, env, startedAt: 0, killed: false, paused: false };
    this.places.push(place);
    this.standing.push(this.keepFilled(place));
  }

  private async keepFilled(place: Place): Promise<void> {
    while (!this.dismissed) {
      place.point = this.plan.next(place.role);
      place.killed = false;
      place.startedAt = Date.now();
      const crash = place.point === undefined ? {} : { CRASH_POINT: this.plan.variable(place.point) };
      place.holder = new AppProcess(place.role, { ...this.env, ...place.env, ...crash }, this.watchdog);
      this.judge(place, await place.holder.ended);
    }
  }

  private judge({ role, point, killed }: Place, { code, signal, output }: Ending): void {
    appendFileSync(this.logFile, output);
    const complaint = output.split('\n').find((line) => COMPLAINTS.test(line));
    if (complaint !== undefined) this.odd.push(`A ${role} said: ${complaint.slice(0, 300)}`);
    if (this.dismissed || killed) return;
    if (signal === 'SIGKILL' && point) return this.plan.noteDeath(point);
    this.odd.push(`A ${role} ended by itself (${signal ?? code}): ${output.slice(-300)}`);
  }

  private pick(): Place | undefined {
    const ready = this.places.filter(
      ({ holder, startedAt, paused }) => holder?.isRunning && !paused && Date.now() - startedAt > STARTING_MS,
    );
    return ready[this.random.integer(ready.length)];
  }
}
