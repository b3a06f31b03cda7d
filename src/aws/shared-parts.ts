import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { Clock } from '../runtime/clock.ts';
import { JoinedLoggers } from '../runtime/joined-loggers.ts';
import type { Logger } from '../runtime/logger.ts';
import { createCredentialProvider } from './credentials/create.ts';
import {
  type CredentialProperties,
  type CredentialSettings,
  DEFAULT_CREDENTIAL_PATH,
  type RefreshFailure,
} from './credentials/credential-settings.ts';
import { type AgentSettings, type Agents, createAgents } from './network/agents.ts';
import { sharedFiles } from './settings/shared-config.ts';
import type { AwsCredentials, CredentialProvider } from './signing/aws-credentials.ts';
import { ClockSkew } from './signing/clock-skew.ts';

/** Whose credentials are wanted, and with what they are found. */
type IdentitySettings = Omit<CredentialSettings, keyof CredentialProperties | 'skew'> & {
  readonly properties: CredentialProperties;
  readonly skew: ClockSkew;
};

/** One who uses a part, and hears what happens to it. */
type User = { readonly onRefreshFailed?: ((failure: RefreshFailure) => void) | undefined };

/** Something that is shared, and ends with the last of those who use it. */
type Part<T> = { readonly value: T; readonly log: JoinedLoggers; readonly users: Set<User> };

/** How a part is made, with the log and the users that it will have. */
type Make<T> = (log: Logger, users: ReadonlySet<User>) => T;

/** A use of a part. Giving it back twice is harmless. */
type Lease<T> = { readonly value: T; readonly isNew: boolean; readonly giveBack: () => void };

/** Parts of one kind. */
class Parts<T> {
  readonly #parts = new Map<string, Part<T>>();
  readonly #end: (value: T) => void;

  constructor(end: (value: T) => void) {
    this.#end = end;
  }

  get(key: string): T | undefined {
    return this.#parts.get(key)?.value;
  }

  /** The next who asks gets a new one; those who have this one keep it. */
  forget(key: string): void {
    this.#parts.delete(key);
  }

  lease(key: string, log: Logger, user: User, make: Make<T>): Lease<T> {
    const existing = this.#parts.get(key);
    const part = existing ?? this.#made(log, make);
    this.#parts.set(key, part);
    part.users.add(user);
    const silence = part.log.add(log);
    const giveBack = (): void => {
      silence();
      if (!part.users.delete(user) || part.users.size > 0) return;
      if (this.#parts.get(key) === part) this.#parts.delete(key);
      this.#end(part.value);
    };
    return { value: part.value, isNew: existing === undefined, giveBack };
  }

  #made(log: Logger, make: Make<T>): Part<T> {
    const users = new Set<User>();
    const joined = new JoinedLoggers();
    // What it says while it is made is for the first.
    const silence = joined.add(log);
    const value = make(joined, users);
    silence();
    return { value, log: joined, users };
  }
}

/**
 * What the ways to AWS of one process share: connections with the TLS sessions that they resume, one
 * measure of each service's clock, one provider of credentials for each identity. A part is made for
 * the first who needs it. Who comes later finds what he would find alone: a renewed CA file, or a
 * credential file that was not there before, makes a part of its own.
 */
export class SharedParts {
  readonly #agents = new Parts<Agents>((agents) => agents.close());
  readonly #skews = new Parts<ClockSkew>(() => {});
  readonly #providers = new Parts<CredentialProvider>((provider) => provider.close?.());
  readonly #numbers = new WeakMap<object, number>();
  #lastNumber = 0;

  /** Connections for this trust. close() gives them back. */
  agents(settings: AgentSettings): Agents {
    const key = settings.caFile ?? '';
    if (this.#agents.get(key)?.isCurrent() === false) this.#agents.forget(key);
    const { value, giveBack } = this.#agents.lease(key, settings.log, {}, (log) =>
      createAgents({ ...settings, log }),
    );
    return { ...value, close: giveBack };
  }

  /** The clock of the service behind a control plane. */
  clockSkew(endpoint: URL, clock: Clock, log: Logger): { skew: ClockSkew; giveBack(): void } {
    const { value, giveBack } = this.#skews.lease(
      endpoint.host,
      log,
      {},
      (joined) => new ClockSkew(clock, joined),
    );
    return { skew: value, giveBack };
  }

  /**
   * Credentials of this identity. close() gives them back.
   * @throws KvsError when what was set is not complete.
   */
  credentials(settings: IdentitySettings): CredentialProvider {
    const { properties, onRefreshFailed, ...rest } = settings;
    const { log } = rest;
    const { value, isNew, giveBack } = this.#providers.lease(
      this.#identity(settings),
      log,
      { onRefreshFailed },
      (joined, users) =>
        createCredentialProvider({
          ...rest,
          ...properties,
          log: joined,
          onRefreshFailed: (failure) => {
            for (const user of users) user.onRefreshFailed?.(failure);
          },
        }),
    );
    if (!isNew) log.info('credentials', { provider: value.name });
    return sharedProvider(value, giveBack);
  }

  /** Of two who would find the same credentials in the same way, the same; nothing can be read in it. */
  #identity(settings: IdentitySettings): string {
    const { properties, streamName, region, env, agents, skew } = settings;
    const { iotThingName, ...rest } = properties;
    const isThing = rest.iotCertificate !== undefined && rest.iotCertificate !== null;
    const { config, keys } = sharedFiles(env);
    const identity = [
      rest,
      isThing ? [iotThingName, streamName] : [],
      region,
      [DEFAULT_CREDENTIAL_PATH, config, keys].map((path) => existsSync(path)),
      // Of all that share connections the same.
      [agents.agentFor, skew].map((part) => this.#number(part)),
    ];
    return createHash('sha256').update(JSON.stringify(identity)).digest('hex');
  }

  #number(part: object): number {
    const number = this.#numbers.get(part) ?? ++this.#lastNumber;
    this.#numbers.set(part, number);
    return number;
  }
}

/**
 * What one user has of a provider: if he is refused with credentials that somebody else has renewed
 * meanwhile, he gets the new ones and does not renew them again.
 */
function sharedProvider(provider: CredentialProvider, giveBack: () => void): CredentialProvider {
  let last: AwsCredentials | undefined;
  return {
    get name() {
      return provider.name;
    },
    async get(options = {}) {
      const held = await provider.get();
      const wasRefused = options.forceRefresh === true && held === last;
      last = wasRefused ? await provider.get(options) : held;
      return last;
    },
    close: giveBack,
  };
}
