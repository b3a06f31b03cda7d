import type { StreamDescription, StreamIdentifier } from '../../aws/control-plane-api.ts';
import { requireSecure } from '../../aws/settings/endpoints.ts';
import type { AwsCredentials } from '../../aws/signing/aws-credentials.ts';
import { KvsError } from '../../errors/kvs-error.ts';
import { Backoff } from '../backoff.ts';
import type { UploaderDependencies, UploaderSettings } from '../uploader-api.ts';

/** Everything a PutMedia request needs to know of its stream. */
export type StreamAccess = {
  readonly description: StreamDescription;
  readonly endpoint: URL;
  readonly credentials: AwsCredentials;
};

/** Where the control plane's part of the state machine stands. */
export type SetupState =
  | { readonly kind: 'new' }
  | { readonly kind: 'describe' }
  | { readonly kind: 'create' }
  | { readonly kind: 'endpoint'; readonly description: StreamDescription }
  | { readonly kind: 'token'; readonly description: StreamDescription; readonly endpoint: URL }
  | { readonly kind: 'ready'; readonly access: StreamAccess };

/** What one pass came to. */
export type SetupResult =
  | { readonly kind: 'ready'; readonly access: StreamAccess }
  /** The stream is being made or changed: ask again after a while. */
  | { readonly kind: 'pending'; readonly status: 'CREATING' | 'UPDATING' }
  | { readonly kind: 'failed'; readonly step: SetupState['kind']; readonly error: KvsError };

/** A data endpoint is good for so long (producer-c's default cache period). */
const ENDPOINT_LIFE_MS = 40 * 60_000;

/** Tries for what may fail without harm: tags and retention (upstream: 6 in all). */
const MAX_SIDE_TRIES = 6;

/**
 * Finds or makes the stream and gets what PutMedia needs: describe → (create → describe) →
 * endpoint → token → ready. One pass makes each call at most once and fails fast; what is known
 * stays known until invalidated. Tags and retention are put right beside it, for neither is a
 * reason to hold up video.
 */
export class StreamSetup {
  readonly #settings: UploaderSettings;
  readonly #dependencies: UploaderDependencies;
  readonly #onSideError: (error: KvsError) => void;
  #state: SetupState = { kind: 'new' };
  #description: StreamDescription | undefined;
  #endpoint: { url: URL; fetchedMs: number } | undefined;
  #mustRefresh = false;
  #hasTagged = false;
  #hasCreated = false;
  #hasCheckedRetention = false;
  #isClosed = false;
  #underWay: Promise<SetupResult> | undefined;

  constructor(
    settings: UploaderSettings,
    dependencies: UploaderDependencies,
    onSideError: (error: KvsError) => void,
  ) {
    this.#settings = settings;
    this.#dependencies = dependencies;
    this.#onSideError = onSideError;
  }

  get state(): SetupState {
    return this.#state;
  }

  /** What is known to be no longer true, or no longer accepted. */
  invalidate(what: 'stream' | 'endpoint' | 'credentials'): void {
    if (what === 'credentials') {
      this.#mustRefresh = true;
      return;
    }
    this.#endpoint = undefined;
    if (what === 'stream') this.#description = undefined;
  }

  /** Stops what is done in the background. */
  close(): void {
    this.#isClosed = true;
  }

  /** One pass; joins the one that is under way. Never rejects. */
  pass(): Promise<SetupResult> {
    this.#underWay ??= this.#tryPass().finally(() => {
      this.#underWay = undefined;
    });
    return this.#underWay;
  }

  async #tryPass(): Promise<SetupResult> {
    try {
      return await this.#pass();
    } catch (error) {
      return { kind: 'failed', step: this.#state.kind, error: asCallError(error) };
    }
  }

  async #pass(): Promise<SetupResult> {
    if (this.#mustRefresh) {
      // Before any call, so that the control plane is asked with the new ones as well.
      this.#to({ kind: 'new' });
      await this.#dependencies.credentials.get({ forceRefresh: true });
      this.#mustRefresh = false;
    }
    if (this.#settings.apiCallCaching === 'none') this.invalidate('stream');
    const described = this.#description ?? (await this.#describe());
    if (described === undefined) return { kind: 'pending', status: 'CREATING' };
    if (described.status === 'CREATING' || described.status === 'UPDATING') {
      return { kind: 'pending', status: described.status };
    }
    if (described.status === 'DELETING') {
      throw new KvsError(
        'STATUS_STREAM_IS_BEING_DELETED_ERROR',
        `Stream ${described.streamName} is being deleted`,
        { advice: 'Wait until it is gone, or use another name.' },
      );
    }
    this.#description = described;
    this.#putRight(described);
    const endpoint = await this.#findEndpoint(described);
    this.#to({ kind: 'token', description: described, endpoint });
    const credentials = await this.#dependencies.credentials.get();
    this.#checkClock();
    const access = { description: described, endpoint, credentials };
    this.#to({ kind: 'ready', access });
    return { kind: 'ready', access };
  }

  /** Answers without a Date header leave it to the machine's clock, which may show 1970. */
  #checkClock(): void {
    const { clock, controlPlane } = this.#dependencies;
    if (this.#settings.waitsForClock !== true || controlPlane.clockSkew?.isTimeKnown !== false) {
      return;
    }
    const shown = new Date(clock.nowMs()).toISOString().slice(0, 10);
    throw new KvsError(
      'STATUS_ACK_ERR_INVALID_PRODUCER_TIMESTAMP',
      `This machine's clock shows ${shown}, and the service does not report the time: frames wait until the clock is set`,
      {
        advice: 'Set the clock (NTP).',
        failure: {
          kind: 'clock-skew',
          httpStatus: undefined,
          exception: undefined,
          retryAfterMs: undefined,
        },
      },
    );
  }

  /** Undefined for a stream that was just made and is not known everywhere yet. */
  async #describe(): Promise<StreamDescription | undefined> {
    if (this.#settings.apiCallCaching === 'endpoint-only') return this.#assumed();
    this.#to({ kind: 'describe' });
    const found = await this.#find();
    if (found.kind === 'description') return found.description;
    if (!this.#hasCreated) {
      await this.#create(found.error);
      this.#hasCreated = true;
      this.#to({ kind: 'describe' });
      const created = await this.#find();
      return created.kind === 'description' ? created.description : undefined;
    }
    // It was made, and is gone again or not there yet: the next pass makes it if it stays away.
    this.#hasCreated = false;
    return undefined;
  }

  /** A stream that is there by promise: its calls may not even be allowed to these credentials. */
  #assumed(): StreamDescription {
    const { streamArn, streamName = streamArn ?? '', retentionHours } = this.#settings;
    return {
      streamName,
      streamArn: streamArn ?? streamName,
      status: 'ACTIVE',
      retentionHours,
      mediaType: undefined,
      kmsKeyId: undefined,
      version: '',
    };
  }

  async #find(): Promise<
    { kind: 'description'; description: StreamDescription } | { kind: 'missing'; error: KvsError }
  > {
    try {
      const description = await this.#dependencies.controlPlane.describeStream(this.#identifier);
      return { kind: 'description', description };
    } catch (error) {
      if (error instanceof KvsError && error.failure?.kind === 'not-found') {
        return { kind: 'missing', error };
      }
      throw error;
    }
  }

  async #create(notFound: KvsError): Promise<void> {
    const settings = this.#settings;
    const { streamName, streamArn, allowStreamCreation, kmsKeyId } = settings;
    if (!allowStreamCreation || streamName === undefined || streamArn !== undefined) {
      const name = streamArn ?? streamName;
      throw new KvsError(notFound.code, `Stream ${name} does not exist and may not be created`, {
        cause: notFound,
        advice: 'Create the stream, check name and region, or allow its creation.',
        ...(notFound.failure === undefined ? {} : { failure: notFound.failure }),
      });
    }
    this.#to({ kind: 'create' });
    try {
      await this.#dependencies.controlPlane.createStream({
        streamName,
        deviceName: settings.deviceName,
        mediaType: await settings.contentType(),
        retentionHours: settings.retentionHours,
        ...(kmsKeyId === undefined ? {} : { kmsKeyId }),
      });
      this.#dependencies.log.info('stream created', { retentionHours: settings.retentionHours });
    } catch (error) {
      // Somebody else was faster, or the name is not known everywhere yet: describe decides.
      if (!(error instanceof KvsError) || error.failure?.kind !== 'in-use') throw error;
    }
  }

  async #findEndpoint(description: StreamDescription): Promise<URL> {
    const { clock, controlPlane } = this.#dependencies;
    const lifeMs = this.#settings.apiCallCachingPeriodMs ?? ENDPOINT_LIFE_MS;
    const cached = this.#endpoint;
    if (cached !== undefined && clock.monotonicMs() - cached.fetchedMs < lifeMs) return cached.url;
    this.#to({ kind: 'endpoint', description });
    const fetchedMs = clock.monotonicMs();
    const url = this.#checked(await controlPlane.getDataEndpoint(this.#identifier));
    this.#endpoint = { url, fetchedMs };
    return url;
  }

  /** Plain http carries video and signed requests in the clear: only to this machine, unless told. */
  #checked(endpoint: string): URL {
    if (!URL.canParse(endpoint)) {
      const text = `The data endpoint "${endpoint.slice(0, 200)}" is not an address`;
      throw new KvsError('STATUS_INVALID_URI_LEN', text);
    }
    const url = new URL(endpoint);
    requireSecure(url, this.#settings.allowInsecureHttp);
    return url;
  }

  #putRight(description: StreamDescription): void {
    const { tags, updateRetention, retentionHours } = this.#settings;
    const { controlPlane, log } = this.#dependencies;
    if (this.#settings.apiCallCaching === 'endpoint-only') return;
    if (!this.#hasTagged && Object.keys(tags).length > 0) {
      this.#hasTagged = true;
      const call = () => controlPlane.tagStream({ streamArn: description.streamArn }, tags);
      void this.#beside('STATUS_TAG_STREAM_CALL_FAILED', 'tag the stream', call);
    }
    if (this.#hasCheckedRetention || description.retentionHours === retentionHours) return;
    this.#hasCheckedRetention = true;
    if (!updateRetention) {
      log.warn("the stream's retention differs from the requested one; it is not changed", {
        retentionHours: description.retentionHours,
        askedHours: retentionHours,
      });
      return;
    }
    const differenceHours = retentionHours - description.retentionHours;
    const change = {
      currentVersion: description.version,
      operation: differenceHours > 0 ? ('INCREASE' as const) : ('DECREASE' as const),
      hours: Math.abs(differenceHours),
    };
    const call = () =>
      controlPlane.updateDataRetention({ streamArn: description.streamArn }, change);
    void this.#beside('STATUS_INVALID_RETENTION_PERIOD', "update the stream's retention", call);
  }

  /** Does what is not worth holding up video for: a few tries, then a report. */
  async #beside(
    code: 'STATUS_TAG_STREAM_CALL_FAILED' | 'STATUS_INVALID_RETENTION_PERIOD',
    what: string,
    call: () => Promise<void>,
  ): Promise<void> {
    const { clock, random, log } = this.#dependencies;
    const backoff = new Backoff(clock, random, this.#settings.backoff);
    for (let attempt = 1; !this.#isClosed; attempt++) {
      try {
        await call();
        return;
      } catch (error) {
        const cause = asCallError(error);
        const isHopeless = cause.failure?.kind === 'invalid-argument';
        if (attempt >= MAX_SIDE_TRIES || isHopeless) {
          const text = `Could not ${what} in ${attempt} attempts: ${cause.message}`;
          this.#onSideError(new KvsError(code, text, { cause, advice: cause.advice }));
          return;
        }
        log.debug(`could not ${what}`, { attempt, error: cause.message });
        await new Promise<void>((resolve) => clock.after(backoff.next(), resolve));
      }
    }
  }

  get #identifier(): StreamIdentifier {
    const { streamArn, streamName } = this.#settings;
    return streamArn === undefined ? { streamName: streamName ?? '' } : { streamArn };
  }

  #to(state: SetupState): void {
    if (state.kind !== this.#state.kind) {
      this.#dependencies.log.debug(`${this.#state.kind} -> ${state.kind}`);
    }
    this.#state = state;
  }
}

/** A KvsError as it is; anything else is taken for a failure of the call that threw it. */
function asCallError(error: unknown): KvsError {
  return error instanceof KvsError
    ? error
    : new KvsError(
        'STATUS_SERVICE_CALL_UNKOWN_ERROR',
        error instanceof Error ? error.message : String(error),
        { cause: error },
      );
}
