import type { Agents } from './agents.ts';
import { type Answer, type ExchangeRequest, exchange } from './exchange.ts';
import { networkProblem } from './network-error.ts';

/**
 * An exchange for which, at first, only the CAs vouch that vouch for AWS or were named by the user.
 * Where these do not do, it is asked again with all that are trusted. Nothing has been sent by then:
 * the handshake comes before the request.
 * @throws KvsError STATUS_INVALID_CA_CERT_PATH, and what `exchange` rejects with
 */
export async function exchangeEarly(
  agents: Agents,
  asked: Omit<ExchangeRequest, 'agent'>,
): Promise<Answer> {
  const { agent, trustAll, answered } = agents.early(asked.url);
  try {
    const answer = await exchange({ ...asked, agent });
    answered();
    return answer;
  } catch (error) {
    if (trustAll === undefined || networkProblem(error).kind !== 'tls') throw error;
    trustAll();
    return exchange({ ...asked, agent });
  }
}
