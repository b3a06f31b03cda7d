import { createHash } from 'node:crypto';
import { createSecureContext, type SecureContext } from 'node:tls';
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
  const context = createSecureContext({
    ca: trustedCertificates(texts),
    minVersion: MIN_TLS_VERSION,
  });
  contexts.set(key, new WeakRef(context));
  forgotten.register(context, key);
  return context;
}
