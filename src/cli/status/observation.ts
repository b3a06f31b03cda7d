import { KvsError } from '../../errors/kvs-error.ts';
import { healthLimitMs } from '../../host/health/health-record.ts';
import type { StatusSource } from '../../host/status/status-record.ts';
import type { MetricsServer } from '../metrics/metrics-server.ts';
import { StatusDisplay } from './status-display.ts';
import type { StatusMode, StatusOptions } from './status-options.ts';

/** Status display and metrics server of a command that streams. */
export class Observation {
  readonly #display: StatusDisplay | undefined;
  readonly #server: MetricsServer | undefined;
  readonly #timer: NodeJS.Timeout;

  private constructor(
    source: StatusSource,
    display: StatusDisplay | undefined,
    server: MetricsServer | undefined,
  ) {
    this.#display = display;
    this.#server = server;
    // Last frames are noticed when figures are read, whoever scrapes and how seldom.
    this.#timer = setInterval(() => source.read(), 1_000);
    this.#timer.unref();
  }

  /**
   * @param source whose figures: a StatusWatch, or what receiveStatus gives.
   * @throws KvsError STATUS_INVALID_ARG when the metrics cannot be served there.
   */
  static async start(
    source: StatusSource,
    mode: StatusMode | undefined,
    { metrics }: Pick<StatusOptions, 'metrics'>,
    env: Readonly<Record<string, string | undefined>>,
  ): Promise<Observation> {
    let server: MetricsServer | undefined;
    if (metrics !== undefined) {
      const { serveMetrics } = await import('../metrics/metrics-server.ts');
      const limitMs = healthLimitMs(env);
      if (limitMs === undefined) {
        const given = env['KVS_HEALTH_SECONDS'];
        throw new KvsError('STATUS_INVALID_ARG', `KVS_HEALTH_SECONDS is ${given}`, {
          advice: 'Set it to a number of seconds.',
        });
      }
      server = await serveMetrics(metrics, source, limitMs);
      process.stderr.write(`Metrics at ${server.url}/metrics\n`);
    }
    const display = mode === undefined ? undefined : new StatusDisplay(source, mode);
    return new Observation(source, display, server);
  }

  /** Writes a command's own text where it does not run into the status. */
  write(stream: 'stdout' | 'stderr', text: string): void {
    if (this.#display === undefined) process[stream].write(text);
    else this.#display.write(stream, text);
  }

  /** Whether another process's output has to be handed to `write`. */
  sharesTerminal(stream: 'stdout' | 'stderr'): boolean {
    return this.#display?.sharesTerminal(stream) ?? false;
  }

  /** Shows the last figures; nothing is served any more. Idempotent. */
  end(): void {
    clearInterval(this.#timer);
    this.#display?.end();
    this.#server?.close();
  }
}
