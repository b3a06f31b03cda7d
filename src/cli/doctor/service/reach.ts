import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls';
import { networkError } from '../../../aws/network/network-error.ts';
import { proxyAgent } from '../../../aws/network/proxy.ts';
import type { ServiceWay } from './service-target.ts';

const CONNECT_MS = 8_000;

/** An answer of the service, whatever it was. */
export type Reached = {
  readonly status: number;
  /** The service's clock minus ours, as its Date header says. */
  readonly skewMs: number | undefined;
  /** Half of it the header may be late. */
  readonly roundTripMs: number;
  readonly certificate: DetailedPeerCertificate | undefined;
};

/**
 * One request without credentials through the producer's own agents: trust, proxy, address family.
 * @throws KvsError of kind `tls`, `network` or `timeout`.
 */
export async function reach({ endpoint, access }: ServiceWay): Promise<Reached> {
  const { url } = endpoint;
  const sentMs = Date.now();
  try {
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const request = send(url, { agent: access.agents.controlAgentFor(url) });
    let certificate: DetailedPeerCertificate | undefined;
    const answer = await answerOf(request, (socket) => {
      if ('getPeerCertificate' in socket) certificate = socket.getPeerCertificate(true);
    });
    const roundTripMs = Date.now() - sentMs;
    const dateMs = Date.parse(answer.headers.date ?? '');
    answer.resume();
    return {
      status: answer.statusCode ?? 0,
      // The header counts whole seconds: the middle is the best guess.
      skewMs: Number.isNaN(dateMs) ? undefined : dateMs + 500 - Date.now() + roundTripMs / 2,
      roundTripMs,
      certificate,
    };
  } catch (error) {
    throw networkError('GET /', url.host, error);
  }
}

function answerOf(
  request: ClientRequest,
  onSocket: (socket: TLSSocket) => void,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      request.destroy(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' }));
    }, CONNECT_MS);
    request.once('response', (answer) => {
      onSocket(answer.socket as TLSSocket);
      resolve(answer);
    });
    request.once('error', reject);
    request.once('close', () => clearTimeout(timer));
    request.end();
  });
}

/**
 * The certificate of a service that was not trusted. It is only looked at: the connection ends with
 * the handshake, and nothing is sent. Undefined where there is none to be had.
 */
export function presentedCertificate(
  way: ServiceWay,
): Promise<DetailedPeerCertificate | undefined> {
  const { endpoint, proxy, access } = way;
  const options = { ...access.agents.tlsOptions(), rejectUnauthorized: false };
  const agent = proxy === undefined ? new Agent(options) : proxyAgent(proxy, options);
  return new Promise((resolve) => {
    // Never ended, so that it is never written.
    const request = httpsRequest(endpoint.url, { agent, timeout: CONNECT_MS });
    const finish = (certificate?: DetailedPeerCertificate): void => {
      resolve(certificate);
      request.destroy();
    };
    request.once('socket', (socket) => {
      const read = (): void => finish((socket as TLSSocket).getPeerCertificate(true));
      if ((socket as TLSSocket).getProtocol?.() === null || socket.connecting) {
        socket.once('secureConnect', read);
      } else {
        read();
      }
    });
    request.once('timeout', () => finish());
    request.once('error', () => finish());
  });
}

/** The certificate that the others depend on, as far as the other side has sent it. */
export function topOf(certificate: DetailedPeerCertificate): DetailedPeerCertificate {
  const { issuerCertificate } = certificate;
  const isTop = !issuerCertificate || issuerCertificate === certificate;
  return isTop ? certificate : topOf(issuerCertificate);
}
