import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** What happens to bytes on one direction of a connection. */
export type Toxics = {
  /** Bytes per second, at most. */
  bandwidth?: number;
  /** Each chunk comes so many ms later. */
  latencyMs?: number;
  /** Chunks are cut to this size. */
  sliceBytes?: number;
  /** Nothing passes, and nothing is closed. */
  isStalled?: boolean;
};

type Direction = 'up' | 'down';
type Pair = {
  readonly client: Socket;
  readonly server: Socket;
  /** Nothing passes any more, and nobody is told: the other end's machine is gone. */
  isDead: boolean;
};

/**
 * A TCP proxy between a client and a service that behaves like a bad network: slow, cut to pieces,
 * stalled, half closed or reset, per direction, at any time.
 */
export class FaultProxy implements AsyncDisposable {
  readonly up: Toxics = {};
  readonly down: Toxics = {};
  /** Connections accepted so far. */
  connections = 0;
  /** How often it held bytes back, slowed them down, or refused a connection. */
  hindered = 0;
  /** False: connections are reset as soon as they are made. */
  isAccepting = true;
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #target = 0;

  constructor() {
    this.#server = createServer({ allowHalfOpen: true }, (client) => this.#accept(client));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Bytes that went through, by direction. */
  readonly passed: Record<Direction, number> = { up: 0, down: 0 };

  async listen(target: number): Promise<void> {
    this.#target = target;
    await new Promise<void>((resolve) => this.#server.listen(0, 'localhost', resolve));
  }

  /** From now on nothing passes, in either direction, and nothing is closed. */
  stall(): void {
    this.up.isStalled = true;
    this.down.isStalled = true;
  }

  /** Lets what was stalled go on. */
  resume(): void {
    this.up.isStalled = false;
    this.down.isStalled = false;
    for (const { client, server } of this.#pairs) {
      client.resume();
      server.resume();
    }
  }

  /** From now on new connections go to another port. */
  leadTo(target: number): void {
    this.#target = target;
  }

  /** The connections that stand pass nothing any more, and are not closed; new ones work. */
  kill(): void {
    for (const pair of this.#pairs) pair.isDead = true;
  }

  /** Resets all connections, on both sides. */
  reset(): void {
    for (const { client, server } of this.#pairs) {
      client.resetAndDestroy();
      server.resetAndDestroy();
    }
  }

  /** Ends the service's side towards the client, whose own data still passes. */
  halfClose(): void {
    for (const { client } of this.#pairs) client.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const { client, server } of this.#pairs) {
      client.destroy();
      server.destroy();
    }
    await closed;
  }

  #accept(client: Socket): void {
    this.connections += 1;
    client.on('error', () => {});
    if (!this.isAccepting) {
      this.hindered += 1;
      client.resetAndDestroy();
      return;
    }
    const server = connect({ port: this.#target, host: 'localhost', allowHalfOpen: true });
    server.on('error', () => {});
    client.setNoDelay(true);
    server.setNoDelay(true);
    const pair = { client, server, isDead: false };
    this.#pairs.add(pair);
    this.#pipe(pair, 'up');
    this.#pipe(pair, 'down');
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      one.on('close', (hadError) => {
        // The other end never hears of it; it is closed with the proxy.
        if (pair.isDead) return;
        this.#pairs.delete(pair);
        if (hadError || other === client) other.destroy();
      });
    }
  }

  #pipe(pair: Pair, direction: Direction): void {
    const { client, server } = pair;
    const [from, to] = direction === 'up' ? [client, server] : [server, client];
    const toxics = this[direction];
    from.on('data', (chunk: Buffer) => {
      if (pair.isDead) return;
      if (toxics.isStalled) {
        this.hindered += 1;
        from.pause();
        from.unshift(chunk);
        return;
      }
      this.passed[direction] += chunk.byteLength;
      const size = toxics.sliceBytes ?? chunk.byteLength;
      for (let at = 0; at < chunk.byteLength; at += size) {
        this.#later(toxics, () => to.writable && to.write(chunk.subarray(at, at + size)));
      }
      if (toxics.bandwidth !== undefined) {
        this.hindered += 1;
        from.pause();
        const waitMs = (chunk.byteLength / toxics.bandwidth) * 1000;
        this.#after(waitMs, () => toxics.isStalled || from.resume());
      } else if (to.writableNeedDrain) {
        from.pause();
        to.once('drain', () => toxics.isStalled || from.resume());
      }
    });
    from.on('end', () => this.#later(toxics, () => pair.isDead || to.end()));
  }

  #later(toxics: Toxics, action: () => void): void {
    if (toxics.latencyMs === undefined) action();
    else this.#after(toxics.latencyMs, action);
  }

  #after(delayMs: number, action: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      action();
    }, delayMs);
    this.#timers.add(timer);
  }
}
