import {
  createHash,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto';
import { isIP } from 'node:net';
import * as d from './der.ts';

/** A certificate and its key. */
export type Identity = {
  readonly commonName: string;
  readonly certificatePem: string;
  readonly key: KeyObject;
};

const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2';
const COMMON_NAME = '2.5.4.3';
const ORGANISATION = '2.5.4.10';
const SUBJECT_KEY_ID = '2.5.29.14';
const KEY_USAGE = '2.5.29.15';
const SUBJECT_ALT_NAME = '2.5.29.17';
const BASIC_CONSTRAINTS = '2.5.29.19';
const AUTHORITY_KEY_ID = '2.5.29.35';
const EXTENDED_KEY_USAGE = '2.5.29.37';
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';

/** Makes a certificate authority (RFC 5280) with a new P-256 key. */
export function makeAuthority(commonName: string, fromMs: number, untilMs: number): Identity {
  const key = newKey();
  const usage = Buffer.from([0x06]);
  const certificatePem = certificate({
    subject: commonName,
    subjectKey: key,
    issuer: { commonName, key },
    fromMs,
    untilMs,
    extensions: [
      extension(BASIC_CONSTRAINTS, true, d.sequence(d.boolean(true))),
      // keyCertSign and cRLSign.
      extension(KEY_USAGE, true, d.bits(usage, 1)),
      extension(SUBJECT_KEY_ID, false, d.octets(keyId(key))),
    ],
  });
  return { commonName, certificatePem, key };
}

/** Makes a server's certificate for the names and addresses, signed by `authority`. */
export function makeServerIdentity(
  authority: Identity,
  names: readonly string[],
  fromMs: number,
  untilMs: number,
): Identity {
  const key = newKey();
  const commonName = names[0] ?? 'localhost';
  const certificatePem = certificate({
    subject: commonName,
    subjectKey: key,
    issuer: authority,
    fromMs,
    untilMs,
    extensions: [
      extension(BASIC_CONSTRAINTS, true, d.sequence()),
      // digitalSignature.
      extension(KEY_USAGE, true, d.bits(Buffer.from([0x80]), 7)),
      extension(EXTENDED_KEY_USAGE, false, d.sequence(d.oid(SERVER_AUTH))),
      extension(SUBJECT_ALT_NAME, false, d.sequence(...names.map(generalName))),
      extension(AUTHORITY_KEY_ID, false, d.sequence(d.implicit(0, keyId(authority.key)))),
      extension(SUBJECT_KEY_ID, false, d.octets(keyId(key))),
    ],
  });
  return { commonName, certificatePem, key };
}

function certificate(about: {
  subject: string;
  subjectKey: KeyObject;
  issuer: { readonly commonName: string; readonly key: KeyObject };
  fromMs: number;
  untilMs: number;
  extensions: readonly Buffer[];
}): string {
  const algorithm = d.sequence(d.oid(ECDSA_WITH_SHA256));
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  const body = d.sequence(
    d.explicit(0, d.integer(Buffer.from([2]))),
    d.integer(serial),
    algorithm,
    distinguishedName(about.issuer.commonName),
    d.sequence(d.time(about.fromMs), d.time(about.untilMs)),
    distinguishedName(about.subject),
    createPublicKey(about.subjectKey).export({ type: 'spki', format: 'der' }),
    d.explicit(3, d.sequence(...about.extensions)),
  );
  const signature = sign('sha256', body, about.issuer.key);
  return d.pem('CERTIFICATE', d.sequence(body, algorithm, d.bits(signature)));
}

function distinguishedName(commonName: string): Buffer {
  const attribute = (type: string, value: string): Buffer =>
    d.set(d.sequence(d.oid(type), d.utf8(value)));
  return d.sequence(
    attribute(ORGANISATION, 'kvs-launch local service'),
    attribute(COMMON_NAME, commonName.slice(0, 64)),
  );
}

function extension(id: string, critical: boolean, value: Buffer): Buffer {
  return d.sequence(d.oid(id), ...(critical ? [d.boolean(true)] : []), d.octets(value));
}

function generalName(name: string): Buffer {
  return isIP(name) === 0
    ? d.implicit(2, Buffer.from(name))
    : d.implicit(7, Buffer.from(addressBytes(name)));
}

/** The bytes of an IPv4 or IPv6 address. */
function addressBytes(address: string): number[] {
  if (isIP(address) === 4) return address.split('.').map(Number);
  const [before = '', after] = address.split('::');
  const groups = (text: string): string[] => (text === '' ? [] : text.split(':'));
  const head = groups(before);
  const tail = after === undefined ? [] : groups(after);
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => '0');
  return [...head, ...zeros, ...tail].flatMap((group) => {
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}

/** SHA-1 of the public key's bit string (RFC 5280, 4.2.1.2). */
function keyId(key: KeyObject): Buffer {
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
  // An uncompressed P-256 point is the last 65 bytes.
  return createHash('sha1').update(spki.subarray(-65)).digest();
}

function newKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
}
