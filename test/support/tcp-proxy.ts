import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { Transform, type TransformCallback } from 'node:stream';

/** How bytes pass: each piece waits for the latency, and for its turn at the bandwidth. */
export interface Pace {
  latencyMs: number;
  bytesPerSecond: number;
}

/** A relay in front of a service that can be made to look down, hung, slow or unreliable. */
export interface TcpProxy {
  port: number;
  /** Connections, new ones too, are reset. */
  down(): void;
  /** A black hole: connections are taken and held, and no byte passes either way. */
  hang(): void;
  /** What is asked arrives and is done; no answer comes back. */
  muteAnswers(): void;
  slow(pace: Pace): void;
  /** Each connection is reset in the middle of its answers, after so many more bytes of them. */
  cutAfter(bytes: number): void;
  /** Resets the connections there are; new ones pass. */
  reset(): void;
  /** Lets everything through again; connections that lost bytes are cut. */
  heal(): void;
  close(): Promise<void>;
}

type Mode = 'open' | 'down' | 'hung' | 'mute' | 'slow' | 'cutting';

/** What the proxy does at present. */
interface State {
  mode: Mode;
  pace: Pace;
  /** Bytes of answers that a connection may still give before it is cut. */
  allowance: number;
}

/** Starts a proxy on a free port of 127.0.0.1 to `port` of `host`. */
export async function startTcpProxy(host: string, port: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  const state: State = { mode: 'open', pace: { latencyMs: 0, bytesPerSecond: Infinity }, allowance: 0 };
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.setNoDelay();
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    return socket;
  };
  const server = createServer((client) => {
    keep(client);
    if (state.mode === 'down') return void client.resetAndDestroy();
    const upstream = keep(connect(port, host));
    const asking = new Lane(state, 'asking', () => undefined);
    const answering = new Lane(state, 'answering', () => client.resetAndDestroy());
    client.pipe(asking).pipe(upstream);
    upstream.pipe(answering).pipe(client);
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cutAll = () => sockets.forEach((socket) => socket.resetAndDestroy());
  const enter = (mode: Mode) => {
    state.mode = mode;
  };

  return {
    port: (server.address() as AddressInfo).port,
    down() {
      enter('down');
      cutAll();
    },
    hang: () => enter('hung'),
    muteAnswers: () => enter('mute'),
    slow(pace) {
      state.pace = pace;
      enter('slow');
    },
    cutAfter(bytes) {
      state.allowance = bytes;
      enter('cutting');
    },
    reset: cutAll,
    heal() {
      if (state.mode === 'hung' || state.mode === 'mute') cutAll();
      enter('open');
    },
    async close() {
      cutAll();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** One direction of one connection. */
class Lane extends Transform {
  private answered = 0;

  constructor(
    private readonly state: State,
    private readonly direction: 'asking' | 'answering',
    private readonly cut: () => void,
  ) {
    super();
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    const { mode, pace, allowance } = this.state;
    const lost = mode === 'hung' || (mode === 'mute' && this.direction === 'answering');
    // What is lost is never acknowledged: the lane stands still until it is cut.
    if (lost) return;
    if (mode === 'slow') {
      const waitMs = pace.latencyMs + (1_000 * chunk.length) / pace.bytesPerSecond;
      setTimeout(() => done(null, chunk), waitMs);
      return;
    }
    if (mode === 'cutting' && this.direction === 'answering') {
      this.answered += chunk.length;
      if (this.answered > allowance) return this.cut();
    }
    done(null, chunk);
  }
}

/** The URL with another port of 127.0.0.1. */
export function throughPort(url: string, port: number): string {
  const changed = new URL(url);
  changed.hostname = '127.0.0.1';
  changed.port = String(port);
  return changed.href.replace(/\/$/, url.endsWith('/') ? '/' : '');
}
