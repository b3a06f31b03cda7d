import { createHash } from 'node:crypto';
import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls';
import { readTrust, type TrustSettings, trustedCertificates } from './trust.ts';

/** No older version is spoken. */
export const MIN_TLS_VERSION = 'TLSv1.2';

/** By what is trusted, as long as an agent has it. */
const contexts = new Map<string, WeakRef<SecureContext>>();
const forgotten = new FinalizationRegistry((key: string) => {
  if (contexts.get(key)?.deref() === undefined) contexts.delete(key);
});

/**
 * The TLS context that trusts what is on the disk now. To parse some 290 certificates takes tens of
 * milliseconds, in which no stream of the process can send, and a few megabytes: streams that trust the
 * same share one. What is trusted is compared by its content, so a renewed file counts at once.
 * @throws KvsError STATUS_INVALID_CA_CERT_PATH
 */
export function sharedContext(settings: TrustSettings): SecureContext {
  const texts = readTrust(settings);
  const hash = createHash('sha256');
  for (const text of texts) hash.update(`${text.length}\n`).update(text, 'latin1');
  const key = hash.digest('base64');
  const existing = contexts.get(key)?.deref();
  if (existing !== undefined) return existing;
  const context = createContext(texts);
  contexts.set(key, new WeakRef(context));
  forgotten.register(context, key);
  return context;
}

/** Not among Node's documented API, though it has been there since Node 0.11. */
type NativeContext = { readonly addCACert?: (pem: string) => void };

/**
 * To add a certificate takes some 0.3 ms, and all of Node's own list 1.5 ms in one go: so only what
 * that list does not have is added one by one.
 */
function createContext(texts: readonly string[]): SecureContext {
  const { onlyNodes, added } = trustedCertificates(texts);
  const context = createSecureContext({ minVersion: MIN_TLS_VERSION });
  const native = context.context as NativeContext;
  if (native.addCACert === undefined) {
    const ca = [...rootCertificates, ...added];
    return createSecureContext({ ca, minVersion: MIN_TLS_VERSION });
  }
  const missing = isNodesListTrusted() ? added : [...onlyNodes, ...added];
  for (const pem of missing) native.addCACert(pem);
  return context;
}

/**
 * Node trusts its own list unless it is told to trust OpenSSL's; distributions that link it with
 * their OpenSSL may build it so that it does the latter by itself.
 */
function isNodesListTrusted(): boolean {
  const options = [...process.execArgv, process.env['NODE_OPTIONS']].join(' ');
  const { node_shared_openssl: isShared } = process.config.variables as Record<string, unknown>;
  return isShared === false && !options.includes('--use-openssl-ca');
}
