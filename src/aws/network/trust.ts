import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { KvsError } from '../../errors/kvs-error.ts';
import { type Environment, variable } from '../settings/environment.ts';

/** Where distributions keep their CA bundle: Debian, RHEL, SUSE, Alpine. The first that is there. */
const SYSTEM_BUNDLES: readonly string[] = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

const CERTIFICATE =
  /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[^-]+-----END (?:TRUSTED |X509 )?CERTIFICATE-----/g;

/** PEM certificates in a text. */
function certificatesIn(text: string): readonly string[] {
  return text.match(CERTIFICATE) ?? [];
}

function unreadable(path: string, origin: string, cause: unknown): KvsError {
  return new KvsError(
    'STATUS_INVALID_CA_CERT_PATH',
    `${origin} names ${path}, which cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
    { cause, advice: 'Name a PEM file, or a folder of PEM files, that this user may read.' },
  );
}

/**
 * The text of a PEM file, or of all files of a folder.
 * @param origin Who named the path, for the message.
 * @throws KvsError STATUS_INVALID_CA_CERT_PATH when nothing can be read or no certificate is in it.
 */
function readPem(path: string, origin: string): string {
  let text: string;
  try {
    text = statSync(path).isDirectory() ? textOfFolder(path) : readFileSync(path, 'latin1');
  } catch (error) {
    throw unreadable(path, origin, error);
  }
  if (text.search(CERTIFICATE) < 0) {
    throw new KvsError(
      'STATUS_INVALID_CA_CERT_PATH',
      `${origin} names ${path}, in which there is no PEM certificate`,
      { advice: 'A CA certificate begins with -----BEGIN CERTIFICATE-----.' },
    );
  }
  return text;
}

/** A folder holds what c_rehash made too: the same certificate under two names, and dead links. */
function textOfFolder(folder: string): string {
  const texts = readdirSync(folder).map((name) => {
    try {
      const path = join(folder, name);
      return statSync(path).isFile() ? readFileSync(path, 'latin1') : '';
    } catch {
      return '';
    }
  });
  return texts.join('\n');
}

/**
 * The CA certificates of a PEM file, or of all files of a folder.
 * @param origin Who named the path, for the message.
 * @throws KvsError STATUS_INVALID_CA_CERT_PATH when nothing can be read or no certificate is in it.
 */
export function readCertificates(path: string, origin: string): readonly string[] {
  return certificatesIn(readPem(path, origin));
}

/** What may vouch for a service. */
export type TrustSettings = {
  readonly env: Environment;
  /** The `ca-file` property: added to the rest. */
  readonly caFile?: string | undefined;
};

/** What is trusted beside Node's own list. */
export type TrustTexts = {
  /** The machine's store: private CAs that are installed there work. */
  readonly machine: MachineStore;
  /**
   * PEM texts of what the user has named: NODE_EXTRA_CA_CERTS, KVSSINK_CA_CERT_PATH and the `ca-file`
   * property.
   */
  readonly named: readonly string[];
};

/** Hardly anybody needs what is in it, so that it is read when there is need of it. */
export type MachineStore = {
  /** Another one once its files are others than these. */
  readonly version: string;
  /** The PEM text that is there by now; empty for none. */
  readonly read: () => string;
};

/**
 * Reads what the user has named, and looks for the machine's store.
 * @throws KvsError STATUS_INVALID_CA_CERT_PATH
 */
export function readTrust({ env, caFile }: TrustSettings): TrustTexts {
  const named = [
    [variable(env, 'NODE_EXTRA_CA_CERTS'), 'NODE_EXTRA_CA_CERTS'],
    [variable(env, 'KVSSINK_CA_CERT_PATH'), 'KVSSINK_CA_CERT_PATH'],
    [caFile === '' ? undefined : caFile, 'ca-file'],
  ] as const;
  return {
    machine: systemStore(storePaths(env)),
    named: named.flatMap(([path, origin]) => (path === undefined ? [] : [readPem(path, origin)])),
  };
}

/** The certificates of these texts that Node's own list does not have, each once. */
export function addedCertificates({ machine, named }: TrustTexts): readonly string[] {
  const nodes = new Set(rootCertificates.map(signatureEnd));
  const read = [machine.read(), ...named].flatMap(certificatesIn);
  const byContent = new Map(read.map((pem) => [signatureEnd(pem), pem]));
  return [...byContent].filter(([end]) => !nodes.has(end)).map(([, pem]) => pem);
}

/**
 * The ends of the signatures of Amazon Root CA 1 and 3, of which one vouches for AWS's services by its
 * RSA and the other by its elliptic curve certificates: https://www.amazontrust.com/repository/. Each
 * more takes a start 0.4 ms, and to look for names instead 2 ms.
 */
const AWS_CA_SIGNATURE_ENDS: readonly string[] = [
  'QdeXeGADbkpyrqXRfboQnoZsG4q5WTP468SQvvG5',
  'lJyzlvnrxir4tiz+OpAUFteMYyRIHN8wfdVoOw==',
];

/** Of what is trusted, what vouches for AWS by Node's own list, and what the user has named. */
export function firstCertificates({ named }: TrustTexts): readonly string[] {
  return [...rootCertificates.filter(vouchesForAws), ...named.flatMap(certificatesIn)];
}

function vouchesForAws(pem: string): boolean {
  return AWS_CA_SIGNATURE_ENDS.includes(signatureEnd(pem));
}

/** Some 30 bytes that no two certificates share, however their lines are broken. */
function signatureEnd(pem: string): string {
  const end = pem.lastIndexOf('-----END');
  return pem
    .slice(end - 60, end)
    .replaceAll(/\s/g, '')
    .slice(-40);
}

/** SSL_CERT_FILE and SSL_CERT_DIR are OpenSSL's own names for another store. */
function storePaths(env: Environment): readonly string[] {
  const named = [variable(env, 'SSL_CERT_FILE'), variable(env, 'SSL_CERT_DIR')];
  const paths = named.filter((path) => path !== undefined);
  return paths.length > 0 ? paths : SYSTEM_BUNDLES;
}

/** The first of these that can be read; Node's own list remains in any case. */
function systemStore(paths: readonly string[]): MachineStore {
  return {
    version: paths.map(versionOf).join('\n'),
    read() {
      for (const path of paths) {
        try {
          return readPem(path, 'the system');
        } catch {
          // Not this distribution's place.
        }
      }
      return '';
    },
  };
}

/** Differs when the file does. Of a folder, any of its files may, so that it is its content. */
function versionOf(path: string): string {
  try {
    const file = statSync(path, { bigint: true });
    if (file.isDirectory()) return textOfFolder(path);
    return [path, file.dev, file.ino, file.size, file.mtimeNs, file.ctimeNs].join(' ');
  } catch {
    return '';
  }
}
