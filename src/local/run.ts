import { systemClock } from '../runtime/clock.ts';
import { combineLoggers } from '../runtime/combine-loggers.ts';
import type { Logger } from '../runtime/logger.ts';
import { redacting } from '../runtime/redact.ts';
import { bracketed, isLoopback } from './http/addresses.ts';
import { lineLogger } from './line-logger.ts';
import type { LocalService, LocalServiceOptions } from './options.ts';
import { isReachable, ownNames } from './ports.ts';
import { startLocalService } from './service.ts';
import {
  defaultCredentials,
  LOCAL_ACCESS_KEY_ID,
  LOCAL_SECRET_ACCESS_KEY,
} from './sigv4/credential-store.ts';

export type RunLocalOptions = LocalServiceOptions & {
  /** Where the addresses go. Default standard output. */
  readonly print?: (text: string) => void;
  /** Whose shell the lines for a producer are for. Default this system's. */
  readonly platform?: string;
  /** Gets the log's lines besides `print`. */
  readonly besides?: Logger;
};

/**
 * Starts a service for a person: prints where to watch, which keys it takes, the lines that point
 * a producer at it, and then what happens. Only the well-known local secret is ever printed.
 */
export async function runLocal(options: RunLocalOptions): Promise<LocalService> {
  const known = options.credentials ?? defaultCredentials(options.env ?? process.env);
  const print = options.print ?? ((text: string) => process.stdout.write(text));
  const lines = options.log ?? lineLogger(print, options.clock ?? systemClock);
  const log = redacting(
    options.besides === undefined ? lines : combineLoggers(lines, options.besides),
  );
  const service = await startLocalService({ ...options, log });
  const assign = assignments[options.platform ?? process.platform] ?? assignments.linux;
  const { memoryBytes } = options;
  print(describeService(service, reach(service, options), [...known.keys()], assign, memoryBytes));
  return service;
}

/** From where the service can be reached, and with what. */
function reach({ tlsUrl, credentialsFile }: LocalService, options: LocalServiceOptions): string {
  if (tlsUrl === undefined || !isReachable(options)) return 'this machine alone';
  const { port } = new URL(tlsUrl);
  const names = ownNames(options).filter((name) => !isLoopback(name));
  const urls = names.map((name) => `https://${bracketed(name)}:${port}`);
  const key = credentialsFile === undefined ? 'a key' : `the access key in ${credentialsFile}`;
  return `other machines, with ${key}, at ${urls.slice(0, MAX_NAMES).join('  ')}`;
}

/** Of a machine with many addresses. */
const MAX_NAMES = 4;

/** How a shell sets a variable, by the system whose shell it is: PowerShell on Windows. */
const assignments: Readonly<Record<string, (name: string, value: string) => string>> & {
  readonly linux: (name: string, value: string) => string;
} = {
  linux: (name, value) => `export ${name}=${value}`,
  win32: (name, value) => `$env:${name} = '${value}'`,
};

/** What `kvs-launch local` prints. */
function describeService(
  service: LocalService,
  reach: string,
  accessKeyIds: readonly string[],
  assign: (name: string, value: string) => string,
  memoryBytes: number | undefined,
): string {
  const others = accessKeyIds.filter((id) => id !== LOCAL_ACCESS_KEY_ID);
  const lines = [
    'Local Kinesis Video Streams',
    `  watch     ${service.url}/`,
    `  API       ${service.url}${service.tlsUrl === undefined ? '' : `  and  ${service.tlsUrl}`}`,
    `  open to   ${reach}`,
    memoryBytes === undefined
      ? `  data      ${service.dataDir}`
      : `  data      in memory, the last ${Math.round(memoryBytes / 1024 / 1024)} MiB`,
    ...(service.metricsUrl === undefined ? [] : [`  metrics   ${service.metricsUrl}/metrics`]),
    ...(service.caFile === undefined
      ? []
      : [`  TLS CA    ${service.caFile}  (KVSSINK_CA_CERT_PATH, AWS_CA_BUNDLE)`]),
    ...(others.length === 0
      ? []
      : [`  also accepts the access key of this shell: ${others.join(', ')}`]),
    '',
    'Point a producer at it:',
    `  ${assign('CONTROL_PLANE_URI', service.url)}`,
  ];
  if (accessKeyIds.includes(LOCAL_ACCESS_KEY_ID)) {
    lines.push(
      `  ${assign('AWS_ACCESS_KEY_ID', LOCAL_ACCESS_KEY_ID)}`,
      `  ${assign('AWS_SECRET_ACCESS_KEY', LOCAL_SECRET_ACCESS_KEY)}`,
    );
  }
  return `${lines.join('\n')}\n`;
}
