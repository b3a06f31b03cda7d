import type { Agent } from 'node:http';
import type { AgentOptions } from 'node:https';
import { createRequire } from 'node:module';
import { KvsError } from '../../errors/kvs-error.ts';
import { isLoopback } from '../settings/endpoints.ts';
import { type Environment, variable } from '../settings/environment.ts';

/** curl's variables, lower case first; curl ignores HTTP_PROXY in capitals because of CGI, we do not run as one. */
const PROXY_VARIABLES: Readonly<Record<string, readonly string[]>> = {
  'https:': ['https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'],
  'http:': ['http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY'],
};

/**
 * The proxy for a URL by the environment, or undefined. This machine itself is never asked for
 * through a proxy.
 * @throws KvsError when the variable holds no http(s) URL.
 */
export function proxyFor(url: URL, env: Environment): URL | undefined {
  if (isLoopback(url) || isExcluded(url, env)) return undefined;
  for (const name of PROXY_VARIABLES[url.protocol] ?? []) {
    const value = variable(env, name);
    if (value !== undefined) return parseProxy(value, name);
  }
  return undefined;
}

function parseProxy(value: string, name: string): URL {
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    // The value may hold a password and is not repeated.
    throw new KvsError('STATUS_INVALID_ARG', `${name} is not the URL of an http or https proxy`, {
      advice: `Write ${name} as http://host:port.`,
    });
  }
  return url;
}

/** NO_PROXY: `*`, host names with or without a leading dot, each with an optional port. */
function isExcluded(url: URL, env: Environment): boolean {
  const list = variable(env, 'no_proxy') ?? variable(env, 'NO_PROXY') ?? '';
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return list
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => {
      const [, name = '', onlyPort] = /^(.*?)(?::(\d+))?$/.exec(entry.toLowerCase()) ?? [];
      const suffix = name.replace(/^\*?\./, '').replace(/^\[|\]$/g, '');
      const matches = name === '*' || host === suffix || host.endsWith(`.${suffix}`);
      return matches && (onlyPort === undefined || onlyPort === port);
    });
}

/** An agent that reaches its targets through `proxy` with CONNECT, whatever their scheme. */
export function proxyAgent(proxy: URL, options: AgentOptions): Agent {
  const require = createRequire(import.meta.filename);
  // Loaded only where there is a proxy.
  const { HttpsProxyAgent } = require('https-proxy-agent') as typeof import('https-proxy-agent');
  const address = new URL(proxy);
  address.username = '';
  address.password = '';
  // The library logs the URL it is given under DEBUG, so that it gets none with a password in it.
  const headers: Record<string, string> =
    proxy.username === ''
      ? {}
      : {
          'Proxy-Authorization': `Basic ${Buffer.from(
            `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`,
          ).toString('base64')}`,
        };
  const agent = new HttpsProxyAgent(address.href, { ...options, headers });
  // The library uses its options for the proxy's own TLS only and forgets them for the target's.
  Object.assign(agent.options, options);
  agent.on('proxyConnect', (answer, request) => {
    if (answer.statusCode !== 200) {
      request.destroy(refused(address, answer.statusCode, answer.statusText));
    }
  });
  return agent;
}

function refused(proxy: URL, status: number, text: string): KvsError {
  return new KvsError(
    status === 407
      ? 'STATUS_SERVICE_CALL_NOT_AUTHORIZED_ERROR'
      : 'STATUS_SERVICE_CALL_UNKOWN_ERROR',
    `The proxy ${proxy.origin} refused the connection: HTTP ${status} ${text}`,
    {
      advice:
        status === 407
          ? 'Put user and password into the proxy’s URL: HTTPS_PROXY=http://user:password@host:port.'
          : 'Ask whoever runs the proxy to allow *.amazonaws.com on port 443, or list it in NO_PROXY.',
      failure: {
        kind: 'network',
        httpStatus: undefined,
        exception: `PROXY_${status}`,
        retryAfterMs: undefined,
      },
    },
  );
}
