import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { Database } from '../storage/database.js';
import { JobMirror } from '../storage/job-mirror.store.js';
import { MediaStore } from '../storage/media.store.js';
import { StatusCache } from '../storage/status-cache.store.js';
import type { ReadyDto, UpOrDown } from './health.dto.js';

const TIMEOUT_MS = 1_000;
const NOTICE_MS = 5_000;

/** Asks each service for a sign of life. */
@Injectable()
export class HealthService implements BeforeApplicationShutdown {
  private stopping = false;

  constructor(
    private readonly database: Database,
    private readonly cache: StatusCache,
    private readonly table: JobMirror,
    private readonly media: MediaStore,
    private readonly settings: Settings,
  ) {}

  /** Behind a load balancer, serves on until it has noticed that the process is no longer ready. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopping = true;
    if (this.settings.stage !== 'local') await delay(NOTICE_MS);
  }

  async report(): Promise<ReadyDto> {
    const [postgres, redis, dynamodb, s3] = await Promise.all([
      answer(this.database.ping()),
      answer(this.cache.ping()),
      answer(this.table.ping()),
      answer(this.media.ping(TIMEOUT_MS)),
    ]);
    const services = { postgres, redis, dynamodb, s3 };
    const down = Object.entries(services)
      .filter(([, state]) => state === 'down')
      .map(([name]) => name);
    return { status: postgres === 'up' && !this.stopping ? 'ok' : 'unavailable', services, down };
  }
}

async function answer(ping: Promise<void>): Promise<UpOrDown> {
  const late = delay(TIMEOUT_MS, 'down' as const, { ref: false });
  return Promise.race([ping.then(() => 'up' as const).catch(() => 'down' as const), late]);
}
