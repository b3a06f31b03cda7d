// The local service as a process of its own, which can be stopped and killed. Its options come as
// JSON in the first argument; credentials, and a clock that is wrong, come as messages.

import type { LocalServiceOptions } from '../../../src/local/options.ts';
import { startLocalService } from '../../../src/local/service.ts';
import type { LocalCredential } from '../../../src/local/sigv4/credential-store.ts';

/** What a service says of itself when it is there. */
export type ServiceAddress = {
  readonly port: number;
  readonly tlsPort: number;
  readonly caFile: string;
};

/** The keys that the service takes from now on. */
export type TakenKeys = Readonly<Record<string, LocalCredential>>;

const credentials = new Map<string, LocalCredential>();
const [, , text = '{}'] = process.argv;
const { keys, ...options } = JSON.parse(text) as LocalServiceOptions & { keys: TakenKeys };

function take(taken: TakenKeys): void {
  credentials.clear();
  for (const [id, credential] of Object.entries(taken)) credentials.set(id, credential);
}

take(keys);
process.on('message', (taken: TakenKeys) => take(taken));
const { url, tlsUrl, caFile } = await startLocalService({ ...options, credentials });
const address: ServiceAddress = {
  port: Number(new URL(url).port),
  tlsPort: Number(new URL(tlsUrl ?? url).port),
  caFile: caFile ?? '',
};
process.send?.(address);
