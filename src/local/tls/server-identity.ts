import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { writeFileAtomically } from '../data-folder/atomic-file.ts';
import { type Identity, makeAuthority, makeServerIdentity } from './certificate.ts';

const DAY_MS = 24 * 3_600_000;
const AUTHORITY_DAYS = 3650;
/** Clients refuse server certificates that are valid for much longer than a year. */
const SERVER_DAYS = 397;
const RENEW_BEFORE_DAYS = 30;

/** What https needs, and what clients need to trust it. */
export type TlsMaterial = {
  readonly cert: string;
  readonly key: string;
  /** PEM file of the authority. */
  readonly caFile: string;
};

/**
 * The service's certificate, made when there is none and renewed when it runs out or lacks a
 * name. The authority stays the same for as long as the folder does, so that clients that were
 * given `ca.pem` go on trusting the service.
 */
export async function tlsMaterial(
  folder: string,
  names: readonly string[],
  nowMs: number,
): Promise<TlsMaterial> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const caFile = join(folder, 'ca.pem');
  const serverFile = join(folder, 'server.pem');
  let authority = await load(caFile, join(folder, 'ca-key.pem'));
  if (authority === undefined || isRunningOut(authority, nowMs)) {
    const until = nowMs + AUTHORITY_DAYS * DAY_MS;
    authority = makeAuthority('kvs-launch local CA', nowMs - DAY_MS, until);
    await store(authority, caFile, join(folder, 'ca-key.pem'));
  }
  let server = await load(serverFile, join(folder, 'server-key.pem'));
  if (server === undefined || isRunningOut(server, nowMs) || !covers(server, names, authority)) {
    const until = nowMs + SERVER_DAYS * DAY_MS;
    server = makeServerIdentity(authority, names, nowMs - DAY_MS, until);
    await store(server, serverFile, join(folder, 'server-key.pem'));
  }
  return { cert: server.certificatePem, key: keyPem(server.key), caFile };
}

async function load(certificateFile: string, keyFile: string): Promise<Identity | undefined> {
  try {
    const certificatePem = await readFile(certificateFile, 'utf8');
    const key = createPrivateKey(await readFile(keyFile, 'utf8'));
    const certificate = new X509Certificate(certificatePem);
    if (!certificate.checkPrivateKey(key)) return undefined;
    const commonName = /^CN=(.*)$/m.exec(certificate.subject)?.[1] ?? '';
    return { commonName, certificatePem, key };
  } catch {
    // Missing or damaged: made anew.
    return undefined;
  }
}

async function store(identity: Identity, certificateFile: string, keyFile: string): Promise<void> {
  await writeFileAtomically(keyFile, keyPem(identity.key));
  await writeFileAtomically(certificateFile, identity.certificatePem);
}

function isRunningOut({ certificatePem }: Identity, nowMs: number): boolean {
  const { validFrom, validTo } = new X509Certificate(certificatePem);
  return Date.parse(validFrom) > nowMs || Date.parse(validTo) < nowMs + RENEW_BEFORE_DAYS * DAY_MS;
}

function covers(server: Identity, names: readonly string[], authority: Identity): boolean {
  const certificate = new X509Certificate(server.certificatePem);
  const issuer = new X509Certificate(authority.certificatePem);
  if (!certificate.verify(issuer.publicKey)) return false;
  return names.every(
    (name) =>
      (isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name)) !== undefined,
  );
}

function keyPem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}
