import { createHash } from 'node:crypto';
import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls';
import {
  addedCertificates,
  firstCertificates,
  readTrust,
  type TrustSettings,
  type TrustTexts,
} from './trust.ts';

/** No older version is spoken. */
export const MIN_TLS_VERSION = 'TLSv1.2';

/**
 * A TLS context in which, at first, are only the CAs that vouch for AWS and those that the user has
 * named. To parse all others takes Node 20 some 50 ms, in which no stream of the process can send:
 * a quarter of a start, and there is hardly ever a need for one of them.
 */
export type SharedTrust = {
  readonly context: SecureContext;
  /** Each CA that is trusted is in the context. */
  readonly isWhole: boolean;
  /** Puts all of them there, for connections that are being made too. */
  complete(): void;
};

/** By what is trusted, as long as an agent has it. */
const trusts = new Map<string, WeakRef<SharedTrust>>();
const forgotten = new FinalizationRegistry((key: string) => {
  if (trusts.get(key)?.deref() === undefined) trusts.delete(key);
});

/**
 * The trust in what is on the disk now, of which streams that trust the same share one. A file that
 * was renewed counts at once.
 * @throws KvsError STATUS_INVALID_CA_CERT_PATH
 */
export function sharedTrust(settings: TrustSettings): SharedTrust {
  const texts = readTrust(settings);
  const hash = createHash('sha256');
  for (const text of [texts.machine.version, ...texts.named]) {
    hash.update(`${text.length}\n`).update(text, 'latin1');
  }
  const key = hash.digest('base64');
  const existing = trusts.get(key)?.deref();
  if (existing !== undefined) return existing;
  const trust = createTrust(texts);
  trusts.set(key, new WeakRef(trust));
  forgotten.register(trust, key);
  return trust;
}

/** Not among Node's documented API, though it has been there since Node 0.11. */
type NativeContext = { readonly addCACert?: (pem: string) => void };

function createTrust(texts: TrustTexts): SharedTrust {
  if (isNodesListParsed()) return createWhole(texts);
  const first = [...firstCertificates(texts)];
  const context = createSecureContext({ ca: first, minVersion: MIN_TLS_VERSION });
  const native = context.context as NativeContext;
  if (native.addCACert === undefined) return createWhole(texts);
  let isWhole = false;
  return {
    context,
    get isWhole() {
      return isWhole;
    },
    complete() {
      if (isWhole) return;
      isWhole = true;
      for (const pem of [...rootCertificates, ...addedCertificates(texts)]) native.addCACert?.(pem);
    },
  };
}

/** With Node's own list, which it has parsed anyway or adds in one go, as its beginning. */
function createWhole(texts: TrustTexts): SharedTrust {
  const added = addedCertificates(texts);
  const minVersion = MIN_TLS_VERSION;
  let context = createSecureContext({ minVersion });
  const native = context.context as NativeContext;
  if (native.addCACert === undefined) {
    context = createSecureContext({ ca: [...rootCertificates, ...added], minVersion });
  }
  for (const pem of added) native.addCACert?.(pem);
  return { context, isWhole: true, complete() {} };
}

/**
 * Node 20 parses all of its own list with the first CA that is added to any context, unless it is
 * told to trust OpenSSL's store: the plugin tells its host so (native/plugin/host_command.cc).
 */
function isNodesListParsed(): boolean {
  return Number.parseInt(process.versions.node, 10) < 22 && isNodesListTrusted();
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
