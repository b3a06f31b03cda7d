import { systemClock } from '../runtime/clock.ts';
import { combineLoggers } from '../runtime/combine-loggers.ts';
import type { Logger } from '../runtime/logger.ts';
import { redacting } from '../runtime/redact.ts';
import { lineLogger } from './line-logger.ts';
import type { LocalService, LocalServiceOptions } from './options.ts';
import { startLocalService } from './service.ts';
import {
  defaultCredentials,
  LOCAL_ACCESS_KEY_ID,
  LOCAL_SECRET_ACCESS_KEY,
} from './sigv4/credential-store.ts';

export type RunLocalOptions = LocalServiceOptions & {
  /** Environment to take a further access key from. Default process.env. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Where the addresses go. Default standard output. */
  readonly print?: (text: string) => void;
  /** Gets the log's lines besides `print`. */
  readonly besides?: Logger;
};

/**
 * Starts a service for a person: prints where to watch, which keys it takes, the lines that point
 * a producer at it, and then what happens. Only the well-known local secret is ever printed.
 */
export async function runLocal(options: RunLocalOptions): Promise<LocalService> {
  const env = options.env ?? process.env;
  const credentials = options.credentials ?? defaultCredentials(env);
  const print = options.print ?? ((text: string) => process.stdout.write(text));
  const lines = options.log ?? lineLogger(print, options.clock ?? systemClock);
  const log = redacting(
    options.besides === undefined ? lines : combineLoggers(lines, options.besides),
  );
  const service = await startLocalService({ ...options, credentials, log });
  print(describeService(service, [...credentials.keys()]));
  return service;
}

/** What `kvs-launch local` prints. */
function describeService(service: LocalService, accessKeyIds: readonly string[]): string {
  const others = accessKeyIds.filter((id) => id !== LOCAL_ACCESS_KEY_ID);
  const lines = [
    'Local Kinesis Video Streams',
    `  watch     ${service.url}/`,
    `  API       ${service.url}${service.tlsUrl === undefined ? '' : `  and  ${service.tlsUrl}`}`,
    `  data      ${service.dataDir}`,
    ...(service.caFile === undefined
      ? []
      : [`  TLS CA    ${service.caFile}  (KVSSINK_CA_CERT_PATH, AWS_CA_BUNDLE)`]),
    ...(others.length === 0
      ? []
      : [`  also accepts the access key of this shell: ${others.join(', ')}`]),
    '',
    'Point a producer at it:',
    `  export CONTROL_PLANE_URI=${service.url}`,
  ];
  if (accessKeyIds.includes(LOCAL_ACCESS_KEY_ID)) {
    lines.push(
      `  export AWS_ACCESS_KEY_ID=${LOCAL_ACCESS_KEY_ID}`,
      `  export AWS_SECRET_ACCESS_KEY=${LOCAL_SECRET_ACCESS_KEY}`,
    );
  }
  return `${lines.join('\n')}\n`;
}
