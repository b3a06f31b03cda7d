import { type LogFields, type Logger, silentLogger } from './logger.ts';

/** What stands where a secret stood. */
const MASK = '[redacted]';

/**
 * Ends of the names whose values are secrets, without separators and in lower case: `secret-key`,
 * `aws_secret_access_key` and `secretAccessKey` are all `secret(access)key`. rtspsrc has `user-pw`.
 */
const SECRET_NAMES =
  'access-?key(?:-?id)?|secret-?(?:access-?)?key|secret|(?:session|security|authorization|refresh|id|access)-?token|' +
  'x-amz-(?:signature|credential)|signature|password|passwd|pass-?phrase|(?:user|proxy)-?pw|private-?key(?:-?pem)?|cookie';
const NAME = SECRET_NAMES.replaceAll('-?', '[-_]?');
const SECRET_NAME = new RegExp(`(?:${NAME}|authorization)$`, 'i');

/**
 * No name of a secret is without one of these, in lower case, and most words have none. (A pattern of
 * them all takes 1 ms of a start to compile, and longer for each line.)
 */
const SUSPICIOUS_WORDS = [
  'key',
  'secret',
  'token',
  'passw',
  'phrase',
  'pw',
  'signature',
  'credential',
  'authori',
  'cookie',
] as const;

/** What the two kinds of an AWS access key begin with, in lower case. */
const KEY_PREFIXES = ['akia', 'asia'] as const;

function includesAny(lower: string, words: readonly string[]): boolean {
  return words.some((word) => lower.includes(word));
}

/** Whether a text may hold any of what is replaced: a value with a name, an address, a key alone. */
function isSuspicious(text: string): boolean {
  const lower = text.toLowerCase();
  if (includesAny(lower, KEY_PREFIXES) || lower.includes('-----')) return true;
  if (!lower.includes('=') && !lower.includes(':')) return false;
  return lower.includes('@') || includesAny(lower, SUSPICIOUS_WORDS);
}

function isSecret(name: string): boolean {
  return includesAny(name.toLowerCase(), SUSPICIOUS_WORDS) && SECRET_NAME.test(name);
}

type Replacement = readonly [pattern: RegExp, by: string];

/** In this order: what is longer first, so that no half of it is left. */
const REPLACEMENTS: readonly Replacement[] = [
  // A PEM block, also one that a line's end or a JSON text's \n cut short.
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, MASK],
  // A header's value goes to the end of its line; in JSON, to the closing quote.
  [/(authorization\\?["']\s*:\s*)\\?"[^"]*"/gi, `$1"${MASK}"`],
  [/(authorization\s*[:=]\s*)[^\r\n]*/gi, `$1${MASK}`],
  [/AWS4-HMAC-SHA256\s+Credential=[^\r\n]*/g, MASK],
  [
    new RegExp(
      `((?:${NAME})\\\\?["']?\\s*[:=]\\s*(?:\\(\\w+\\)\\s*)?)` +
        `(?:\\\\?"[^"]*"|'[^']*'|[^\\s&,;"'\\])}]+)`,
      'gi',
    ),
    `$1${MASK}`,
  ],
  // User and password of an address. Cameras are given passwords with / and @ in them, unescaped:
  // what follows a colon and is no port is a password up to the last @ of the word. The lengths are
  // bounded so that no text, however made, takes long.
  [/(:\/\/)[^\s/@:"'<>]{0,256}:(?!\d{1,5}[/?#])[^\s"'<>]{0,256}@/g, `$1${MASK}@`],
  [/(:\/\/)[^\s/@"'<>?#]{1,256}@/g, `$1${MASK}@`],
  [/\bA(?:KIA|SIA)[A-Z0-9]{12,}\b/g, MASK],
];

/**
 * Replaces what must never be in a log: AWS keys and tokens, Authorization headers, the signed parts
 * of presigned URLs, user and password of any address, private keys, and values of names that say
 * that they are secret (`secret-key=…`, `"password": "…"`).
 */
export function redactText(text: string): string {
  if (!isSuspicious(text)) return text;
  let clean = text;
  for (const [pattern, by] of REPLACEMENTS) clean = clean.replace(pattern, by);
  return clean;
}

/** As redactText, of every text among the fields; a field with a secret's name loses its value. */
function redactFields(fields: LogFields): LogFields {
  const clean: Record<string, LogFields[string]> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined && isSecret(name)) clean[name] = MASK;
    else clean[name] = typeof value === 'string' ? redactText(value) : value;
  }
  return clean;
}

/** A logger that hands on every line without its secrets. */
export function redacting(logger: Logger): Logger {
  if (logger === silentLogger) return logger;
  const clean = (fields: LogFields | undefined): LogFields | undefined =>
    fields && redactFields(fields);
  return {
    error: (message, fields) => logger.error(redactText(message), clean(fields)),
    warn: (message, fields) => logger.warn(redactText(message), clean(fields)),
    info: (message, fields) => logger.info(redactText(message), clean(fields)),
    debug: (message, fields) => logger.debug(redactText(message), clean(fields)),
    child: (fields) => redacting(logger.child(redactFields(fields))),
  };
}
