import { type Command, InvalidArgumentError, Option } from 'commander';
import { type MetricsAddress, metricsAddress } from '../metrics/metrics-address.ts';

const MODES = ['auto', 'line', 'plain', 'json', 'off'] as const;

/** What `addStatusOptions` makes commander read. */
export type StatusOptions = {
  readonly status?: (typeof MODES)[number];
  /** Seconds. */
  readonly statusInterval?: number;
  /** True, where a configuration file has no value for it. */
  readonly metrics?: MetricsAddress;
};

/** How the streams' figures are shown on standard error, and how often. */
export type StatusMode = { readonly kind: 'line' | 'plain' | 'json'; readonly intervalMs: number };

/** Gives a command the options that show what its streams do. */
export function addStatusOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--status <form>',
        'figures of the streams on standard error: auto is line on a terminal, else off',
      )
        .choices(MODES)
        .default('auto'),
    )
    .option(
      '--status-interval <seconds>',
      'time between two (default: 1 with line, 10 with plain and json)',
      seconds,
    )
    .option(
      '--metrics [host:port]',
      'serve /metrics for Prometheus, and /health (default: 127.0.0.1:9464)',
      metricsAddress,
    );
}

/** How figures are to be shown; undefined for not at all. */
export function statusMode(
  { status = 'auto', statusInterval, quiet }: StatusOptions & { readonly quiet?: boolean },
  env: Readonly<Record<string, string | undefined>>,
  isTerminal: boolean,
): StatusMode | undefined {
  const canRedraw = isTerminal && env['TERM'] !== 'dumb';
  const automatic = canRedraw && quiet !== true && !env['NO_STATUS'] ? 'line' : 'off';
  const wanted = status === 'auto' ? automatic : status;
  if (wanted === 'off') return undefined;
  // A line is redrawn, and what cannot be redrawn is a line each.
  const kind = wanted === 'line' && !canRedraw ? 'plain' : wanted;
  return { kind, intervalMs: (statusInterval ?? (kind === 'line' ? 1 : 10)) * 1000 };
}

function seconds(text: string): number {
  const value = Number(text);
  if (!(value >= 1) || value > 86_400) {
    throw new InvalidArgumentError('A number of seconds, from 1 to 86400.');
  }
  return value;
}
