import { arch, release, type } from 'node:os';
import { KvsError } from '../../errors/kvs-error.ts';

/** Longest `user-agent` property that upstream takes, in characters. */
const MAX_NAME_CHARS = 32;

/** Header values longer than this are cut (upstream's total). */
const MAX_TOTAL_CHARS = 256;

/** What kvssink 3.6.0 says of itself when the property was not set. */
const DEFAULT_USER_AGENT_NAME = 'AWS-SDK-KVS-CPP-CLIENT/3.6.0';

/** process.arch in the words of uname, which upstream sends. */
const MACHINE: Readonly<Record<string, string>> = {
  x64: 'x86_64',
  arm64: 'aarch64',
  arm: 'armv7l',
  ia32: 'i686',
};

/**
 * The User-Agent header in upstream's form, `name/version compiler os/kernel platform custom`.
 * Ours has this project's version and Node where upstream has producer-c's and the compiler.
 * @param name The element's `user-agent` property, at most 32 characters.
 * @throws KvsError STATUS_MAX_USER_AGENT_NAME_POSTFIX_LEN_EXCEEDED, as upstream does.
 */
export function userAgent(name: string = DEFAULT_USER_AGENT_NAME, version = '0.1.0'): string {
  if (name.length > MAX_NAME_CHARS) {
    throw new KvsError(
      'STATUS_MAX_USER_AGENT_NAME_POSTFIX_LEN_EXCEEDED',
      `user-agent is ${name.length} characters long: ${name}`,
      { advice: `Use at most ${MAX_NAME_CHARS} characters.` },
    );
  }
  const machine = MACHINE[arch()] ?? arch();
  const full = `${name}/${version} Node.js/${process.versions.node} ${type()}/${release()} ${machine} kvs-launch`;
  // A header may hold printable ASCII only; the property may be anything.
  return full.replace(/[^\x20-\x7e]/g, '_').slice(0, MAX_TOTAL_CHARS);
}
