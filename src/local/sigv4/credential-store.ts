/** A secret that belongs to an access key, and the session token that must come with it. */
export type LocalCredential = {
  readonly secretAccessKey: string;
  /** When set, requests must carry exactly this token; long-lived keys have none. */
  readonly sessionToken?: string;
  /** Epoch milliseconds after which the token is refused; never, if absent. */
  readonly expiresAtMs?: number;
  /** Everybody knows it: it opens nothing to other machines. */
  readonly onlyFromThisMachine?: boolean;
};

/** Access key id → credential. Read at every request, so entries may be added or removed. */
export type CredentialMap = ReadonlyMap<string, LocalCredential>;

/** The key that works with every local service, from the machine it runs on. It is no secret. */
export const LOCAL_ACCESS_KEY_ID = 'AKIALOCALKVSLAUNCH00';
export const LOCAL_SECRET_ACCESS_KEY = 'kvs-launch-local-secret-key-for-this-machine';

/**
 * The keys a service accepts by default: the well-known local key, and the
 * one in the environment, so that a shell that is set up for AWS can use the service as it is.
 */
export function defaultCredentials(
  env: Readonly<Record<string, string | undefined>>,
): Map<string, LocalCredential> {
  const credentials = new Map<string, LocalCredential>([
    [LOCAL_ACCESS_KEY_ID, { secretAccessKey: LOCAL_SECRET_ACCESS_KEY, onlyFromThisMachine: true }],
  ]);
  const accessKeyId = env['AWS_ACCESS_KEY_ID'];
  const secretAccessKey = env['AWS_SECRET_ACCESS_KEY'];
  const sessionToken = env['AWS_SESSION_TOKEN'];
  if (accessKeyId && secretAccessKey) {
    credentials.set(accessKeyId, {
      secretAccessKey,
      ...(sessionToken ? { sessionToken } : {}),
    });
  }
  return credentials;
}
