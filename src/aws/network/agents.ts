import type { Agent } from 'node:http';
import { type AgentOptions, Agent as HttpsAgent } from 'node:https';
import { checkServerIdentity, type SecureContext } from 'node:tls';
import type { Logger } from '../../runtime/logger.ts';
import { plainHttp } from '../../runtime/plain-http.ts';
import { type Environment, variable } from '../settings/environment.ts';
import { proxyAgent, proxyFor } from './proxy.ts';
import { MIN_TLS_VERSION, sharedContext } from './shared-context.ts';

/** Free connections to the control plane are closed after this long; its calls come in bursts. */
const KEEP_ALIVE_MS = 15_000;

/** What connections are made with. */
export type AgentSettings = {
  readonly env: Environment;
  readonly log: Logger;
  /** PEM file or folder whose CAs are trusted beside all others: the `ca-file` property. */
  readonly caFile?: string | undefined;
};

/** Connections, for all that trust the same. */
export type Agents = {
  /** For PutMedia: a connection of its own for each request, closed with it. */
  agentFor(url: URL): Agent;
  /** For control calls: connections are kept for the next call. */
  controlAgentFor(url: URL): Agent;
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
  let context: SecureContext | undefined;
  if (env['NODE_TLS_REJECT_UNAUTHORIZED'] === '0') {
    log.warn(
      'NODE_TLS_REJECT_UNAUTHORIZED=0 is ignored: certificates are always verified; trust a private CA with KVSSINK_CA_CERT_PATH',
    );
  }
  const tlsOptions = (): AgentOptions => {
    context ??= sharedContext({ env, caFile: settings.caFile });
    return {
      secureContext: context,
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
  return {
    agentFor: (url) => make(url, false),
    controlAgentFor: (url) => make(url, true),
    tlsOptions,
    isCurrent() {
      if (context === undefined) return true;
      try {
        return sharedContext({ env, caFile: settings.caFile }) === context;
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

/** AWS_KVS_USE_IPV4 goes before AWS_KVS_USE_IPV6, any value counts: upstream's rule. */
export function addressFamily(env: Environment): 4 | 6 | undefined {
  if (variable(env, 'AWS_KVS_USE_IPV4') !== undefined) return 4;
  return variable(env, 'AWS_KVS_USE_IPV6') !== undefined ? 6 : undefined;
}
