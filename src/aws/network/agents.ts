import type { Agent } from 'node:http';
import { type AgentOptions, Agent as HttpsAgent } from 'node:https';
import { checkServerIdentity } from 'node:tls';
import type { Logger } from '../../runtime/logger.ts';
import { plainHttp } from '../../runtime/plain-http.ts';
import { type Environment, variable } from '../settings/environment.ts';
import { proxyAgent, proxyFor } from './proxy.ts';
import { MIN_TLS_VERSION, type SharedTrust, sharedTrust } from './shared-trust.ts';

/** Free connections to the control plane are closed after this long; its calls come in bursts. */
const KEEP_ALIVE_MS = 15_000;

/** What connections are made with. */
export type AgentSettings = {
  readonly env: Environment;
  readonly log: Logger;
  /** PEM file or folder whose CAs are trusted beside all others: the `ca-file` property. */
  readonly caFile?: string | undefined;
};

/** A connection for which, until there is need of more, only the first CAs vouch (shared-trust.ts). */
export type EarlyAgent = {
  readonly agent: Agent;
  /** Lets all CAs vouch that are trusted. Undefined where they do already. */
  readonly trustAll: (() => void) | undefined;
  /** To be called when the service has answered: what vouched for it does for names below its own. */
  readonly answered: () => void;
};

/** Connections, for all that trust the same. */
export type Agents = {
  /** For PutMedia: a connection of its own for each request, closed with it. */
  agentFor(url: URL): Agent;
  /** For control calls: connections are kept for the next call. */
  controlAgentFor(url: URL): Agent;
  /** The same for a caller who can ask again: see exchangeEarly. */
  early(url: URL): EarlyAgent;
  /** TLS options of these agents (trust, minimum version), for connections with a client certificate. */
  tlsOptions(): AgentOptions;
  /** False when the disk now says something else of whom to trust than these connections do. */
  isCurrent(): boolean;
  /** Closes idle connections; those in use end with their requests. */
  close(): void;
};

/**
 * Makes the agents. Certificates are read with the first https connection, once.
 * There is no option that turns verification off, and NODE_TLS_REJECT_UNAUTHORIZED=0 has no effect.
 */
export function createAgents(settings: AgentSettings): Agents {
  const { env, log } = settings;
  const made = new Map<string, Agent>();
  let trust: SharedTrust | undefined;
  /** Hosts for which the first CAs were enough. */
  const answered = new Set<string>();
  if (env['NODE_TLS_REJECT_UNAUTHORIZED'] === '0') {
    log.warn(
      'NODE_TLS_REJECT_UNAUTHORIZED=0 is ignored: certificates are always verified; trust a private CA with KVSSINK_CA_CERT_PATH',
    );
  }
  const tlsOptions = (): AgentOptions => {
    trust ??= sharedTrust({ env, caFile: settings.caFile });
    return {
      secureContext: trust.context,
      minVersion: MIN_TLS_VERSION,
      rejectUnauthorized: true,
      checkServerIdentity,
    };
  };
  const make = (url: URL, keepAlive: boolean): Agent => {
    const proxy = proxyFor(url, env);
    const key = `${url.protocol} ${keepAlive} ${proxy?.href ?? ''}`;
    const existing = made.get(key);
    if (existing !== undefined) return existing;
    const family = addressFamily(env);
    const options: AgentOptions = {
      keepAlive,
      noDelay: true,
      ...(keepAlive ? { timeout: KEEP_ALIVE_MS } : {}),
      ...(family === undefined ? {} : { family }),
      ...(url.protocol === 'https:' || proxy?.protocol === 'https:' ? tlsOptions() : {}),
    };
    const agent =
      proxy !== undefined
        ? proxyAgent(proxy, options)
        : url.protocol === 'https:'
          ? new HttpsAgent(options)
          : new (plainHttp().Agent)(options);
    if (proxy !== undefined) {
      log.info('connections go through a proxy', { proxy: proxy.host, scheme: url.protocol });
    }
    made.set(key, agent);
    return agent;
  };
  /** For a caller who gives up when a certificate is not trusted. */
  const makeTrusted = (url: URL, keepAlive: boolean): Agent => {
    const agent = make(url, keepAlive);
    if (url.protocol === 'https:' && !isBelow(url.hostname, answered)) trust?.complete();
    return agent;
  };
  return {
    agentFor: (url) => makeTrusted(url, false),
    controlAgentFor: (url) => makeTrusted(url, true),
    early(url) {
      const agent = make(url, true);
      const first = trust?.isWhole === false ? trust : undefined;
      return {
        agent,
        trustAll: first && (() => first.complete()),
        answered: () => answered.add(url.hostname),
      };
    },
    tlsOptions() {
      const options = tlsOptions();
      trust?.complete();
      return options;
    },
    isCurrent() {
      if (trust === undefined) return true;
      try {
        return sharedTrust({ env, caFile: settings.caFile }) === trust;
      } catch {
        return false;
      }
    },
    close() {
      for (const agent of made.values()) {
        for (const sockets of Object.values(agent.freeSockets)) {
          for (const socket of sockets ?? []) socket.destroy();
        }
      }
    },
  };
}

/** `s-1.kinesisvideo.eu-west-1.amazonaws.com` is below `kinesisvideo.eu-west-1.amazonaws.com`. */
function isBelow(hostname: string, hosts: ReadonlySet<string>): boolean {
  return hosts.has(hostname) || [...hosts].some((host) => hostname.endsWith(`.${host}`));
}

/** AWS_KVS_USE_IPV4 goes before AWS_KVS_USE_IPV6, any value counts: upstream's rule. */
export function addressFamily(env: Environment): 4 | 6 | undefined {
  if (variable(env, 'AWS_KVS_USE_IPV4') !== undefined) return 4;
  return variable(env, 'AWS_KVS_USE_IPV6') !== undefined ? 6 : undefined;
}
