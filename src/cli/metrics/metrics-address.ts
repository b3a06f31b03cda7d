import { InvalidArgumentError } from 'commander';

/** Where the metrics server listens. */
export type MetricsAddress = { readonly host: string; readonly port: number };

const DEFAULT: MetricsAddress = { host: '127.0.0.1', port: 9464 };

/** `host:port`, `[IPv6]:port`, `:port` or `port`. */
const ADDRESS = /^(?:(\[[0-9a-f:.]+\]|[\w.-]+)?:)?(\d{1,5})$/i;

/**
 * Reads the value of `--metrics`; an empty one is the default.
 * @throws InvalidArgumentError
 */
export function metricsAddress(text: string): MetricsAddress {
  if (text === '') return DEFAULT;
  const match = ADDRESS.exec(text);
  const port = Number(match?.[2]);
  if (match === null || port > 65_535) {
    throw new InvalidArgumentError('An address is host:port, or a port.');
  }
  return { host: match[1]?.replace(/^\[|\]$/g, '') ?? DEFAULT.host, port };
}

/**
 * The command line with `--metrics` separated from what is no address behind it: the pipeline's
 * first element, which commander would take for its value.
 */
export function withMetricsValue(args: readonly string[]): string[] {
  return args.map((word, index) =>
    word === '--metrics' && !ADDRESS.test(args[index + 1] ?? '') ? '--metrics=' : word,
  );
}
