import { setTimeout as delay } from 'node:timers/promises';
import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import pg from 'pg';

const RECONNECT_DELAY_MS = 500;
const CONNECT_TIMEOUT_MS = 2_000;

/** What is done with a channel's notices. */
interface Listener {
  channel: string;
  hear: (payload: string) => void;
  /** Called when notices may have been missed. */
  missed: () => void;
}

/**
 * Notices that PostgreSQL passes from any process to all (LISTEN and NOTIFY), over a connection of their own. Connects by
 * itself, again and again; between two connections notices are lost, which each listener is told.
 */
export class Notifications implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly listeners: Listener[] = [];
  private readonly stop = new AbortController();
  private client: pg.Client | undefined;

  constructor(private readonly url: string) {}

  /** To be called before the application starts. `channel` is a plain SQL name. */
  listen(listener: Listener): void {
    this.listeners.push(listener);
  }

  onApplicationBootstrap(): void {
    if (this.listeners.length > 0) void this.stayConnected();
  }

  async onApplicationShutdown(): Promise<void> {
    this.stop.abort();
    await this.client?.end().catch(() => undefined);
  }

  private async stayConnected(): Promise<void> {
    while (!this.stop.signal.aborted) {
      // A lost connection is made anew; the database itself tells why it is away.
      await this.follow().catch(() => undefined);
      await delay(RECONNECT_DELAY_MS, undefined, { signal: this.stop.signal, ref: false }).catch(
        () => undefined,
      );
    }
  }

  /** Listens until the connection is lost. */
  private async follow(): Promise<void> {
    const client = new pg.Client({
      connectionString: this.url,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true,
      application_name: 'vsl-media-generation-notifications',
    });
    this.client = client;
    const lost = new Promise<void>((resolve) => {
      client.on('error', () => resolve());
      client.on('end', () => resolve());
    });
    client.on('notification', ({ channel, payload = '' }) => {
      for (const listener of this.listeners) if (listener.channel === channel) listener.hear(payload);
    });
    try {
      await client.connect();
      for (const { channel } of this.listeners) await client.query(`LISTEN ${channel}`);
      for (const { missed } of this.listeners) missed();
      await lost;
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}
