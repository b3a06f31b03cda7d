import { createSigner } from '../aws/signer.ts';
import type { RequestSigner } from '../aws/types.ts';
import type { SessionFormat } from '../storage/types.ts';
import { putMediaHeaders } from './request-headers.ts';
import type { StreamAccess } from './stream-setup.ts';
import type { UploaderDependencies, UploaderSettings } from './types.ts';

/** A PutMedia request that is ready to be sent, now. */
export type SignedPutMedia = {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
};

/** Makes and signs the head of each session's request, at the moment it is opened. */
export class PutMediaSigner {
  readonly #settings: UploaderSettings;
  readonly #dependencies: UploaderDependencies;
  readonly #sign: RequestSigner;

  constructor(settings: UploaderSettings, dependencies: UploaderDependencies) {
    this.#settings = settings;
    this.#dependencies = dependencies;
    const { region, controlPlane } = dependencies;
    this.#sign = dependencies.sign ?? createSigner({ region, skew: controlPlane.clockSkew });
  }

  async sign(access: StreamAccess, format: SessionFormat): Promise<SignedPutMedia> {
    const { streamArn, fragmentAcks, absoluteFragmentTimes, userAgent } = this.#settings;
    const nowMs = this.#dependencies.clock.nowMs();
    const url = new URL('/putMedia', access.endpoint);
    const { streamName } = access.description;
    const headers = putMediaHeaders(url, {
      stream: streamArn === undefined ? { streamName } : { streamArn },
      fragmentAcks,
      absoluteFragmentTimes,
      userAgent,
      producerStartMs: format.producerStartMs ?? nowMs,
    });
    const signed = await this.#sign({
      method: 'POST',
      url,
      headers,
      // Streaming is signed as an empty body (AwsV4Signer.c:500).
      body: undefined,
      credentials: access.credentials,
      date: new Date(nowMs),
    });
    return { url, headers: signed };
  }
}
