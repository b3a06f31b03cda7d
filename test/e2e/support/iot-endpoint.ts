import type { LocalCredential } from '../../../src/local/sigv4/credential-store.ts';
import type { Clock } from '../../../src/runtime/clock.ts';
import { createCa, pem } from '../../aws/certificates.ts';
import { json, serve, type TestServer } from '../../aws/support.ts';

/** Credentials of IoT live this long here; AWS's least is fifteen minutes. */
export const LIFETIME_MS = 300_000;

/** Which key opened which request, as the service's verifier looked it up. */
export class WatchedKeys extends Map<string, LocalCredential> {
  readonly #clock: Clock;
  /** Seconds of validity that were left at each look-up. */
  readonly leftS: number[] = [];

  constructor(clock: Clock) {
    super();
    this.#clock = clock;
  }

  override get(key: string): LocalCredential | undefined {
    const credential = super.get(key);
    if (credential?.expiresAtMs !== undefined) {
      this.leftS.push(Math.round((credential.expiresAtMs - this.#clock.nowMs()) / 1000));
    }
    return credential;
  }
}

/** An IoT credentials provider whose keys the local service accepts, for as long as they live. */
export async function startIot(keys: WatchedKeys, clock: Clock) {
  const endpointCa = createCa('IoT endpoint CA');
  const deviceCa = createCa('Device CA');
  const device = deviceCa.issue('device-1');
  const state = { isDown: false, issued: 0 };
  const server: TestServer = await serve(
    (_, response) => {
      const date = { date: new Date(clock.nowMs()).toUTCString() };
      if (state.isDown) {
        json(response, 503, { message: 'try again' }, date);
        return;
      }
      state.issued += 1;
      const expiresAtMs = clock.nowMs() + LIFETIME_MS;
      const credentials = {
        accessKeyId: `ASIA${state.issued}`,
        secretAccessKey: `secret-${state.issued}`,
        sessionToken: `token-${state.issued}`,
        expiration: `${new Date(expiresAtMs).toISOString().slice(0, 19)}Z`,
      };
      const { secretAccessKey, sessionToken } = credentials;
      keys.set(credentials.accessKeyId, { secretAccessKey, sessionToken, expiresAtMs });
      json(response, 200, { credentials }, date);
    },
    {
      ...pem(endpointCa.issue('localhost')),
      ca: [pem({ cert: deviceCa.cert, key: deviceCa.cert }).cert],
      requestCert: true,
      rejectUnauthorized: true,
    },
  );
  return {
    state,
    seen: server.seen,
    certificate: {
      endpoint: `localhost:${server.port}`,
      'cert-path': device.cert,
      'key-path': device.key,
      'ca-path': endpointCa.cert,
      'role-aliases': 'CameraRole',
      // By a clock that is moved in steps while sockets take the time they take.
      'connection-timeout': '600',
      'completion-timeout': '600',
    },
    close: async () => {
      await server[Symbol.asyncDispose]();
      endpointCa[Symbol.dispose]();
      deviceCa[Symbol.dispose]();
    },
  };
}
