import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Paths of one certificate and its key, PEM. */
export type Pair = { readonly cert: string; readonly key: string };

/** A CA of the test's own, made with openssl, whose files vanish with the scope. */
export type TestCa = Disposable & {
  readonly folder: string;
  readonly cert: string;
  /** A certificate of this CA; `days` in the past make one that has expired. */
  issue(name: string, options?: { altNames?: string; expired?: boolean }): Pair;
};

function openssl(folder: string, ...args: string[]): void {
  execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
}

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

/** Makes a CA in a folder of its own. */
export function createCa(name: string): TestCa {
  const folder = mkdtempSync(join(tmpdir(), 'kvs-ca-'));
  const cert = join(folder, 'ca.pem');
  openssl(
    folder,
    ...['req', '-x509', ...KEY, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', `/CN=${name}`],
    ...['-days', '30'],
  );
  mkdirSync(join(folder, 'issued'));
  writeFileSync(join(folder, 'index.txt'), '');
  writeFileSync(
    join(folder, 'ca.cnf'),
    [
      '[ca]\ndefault_ca=own\n[own]\ndir=.\ndatabase=index.txt\nnew_certs_dir=issued',
      'certificate=ca.pem\nprivate_key=ca.key\nrand_serial=yes\ndefault_md=sha256',
      'policy=any\ncopy_extensions=none\nunique_subject=no\n[any]\ncommonName=supplied',
    ].join('\n'),
  );
  return {
    folder,
    cert,
    issue(subject, { altNames = 'DNS:localhost,IP:127.0.0.1', expired = false } = {}) {
      const base = `${subject.replace(/\W/g, '_')}-${Math.random().toString(36).slice(2)}`;
      writeFileSync(join(folder, `${base}.ext`), `subjectAltName=${altNames}\n`);
      openssl(
        folder,
        ...['req', '-new', ...KEY, '-keyout', `${base}.key`, '-out', `${base}.csr`],
        ...['-subj', `/CN=${subject}`],
      );
      const dates = expired
        ? ['-startdate', '20200101000000Z', '-enddate', '20200201000000Z']
        : ['-days', '10'];
      openssl(
        folder,
        ...['ca', '-batch', '-config', 'ca.cnf', '-in', `${base}.csr`, '-out', `${base}.pem`],
        ...['-extfile', `${base}.ext`, '-notext', ...dates],
      );
      return { cert: join(folder, `${base}.pem`), key: join(folder, `${base}.key`) };
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Contents of a pair's files, as a TLS server takes them. */
export function pem(pair: Pair): { cert: string; key: string } {
  return {
    cert: readFileSync(pair.cert, 'utf8'),
    key: readFileSync(pair.key, 'utf8'),
  };
}
