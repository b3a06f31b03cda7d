import { loadNative, type NativeAddon } from '../../../host/native/native.ts';
import { readSettings } from '../../../host/settings/element-settings.ts';
import { parseMessage } from '../../../host/wire/element-json.ts';
import { type ElementMessageView, ElementReader } from '../../../host/wire/element-reader.ts';
import { type ElementConfig, ElementMessage, HostMessage } from '../../../host/wire/wire.ts';
import { KEY_FRAME_WAIT_MS, type ProbeMessage } from './probe-report.ts';
import { TrackStatistics } from './track-statistics.ts';

const SLAB_BYTES = 1024 * 1024;

/** A file at full speed says enough within so many frames. */
const ENOUGH_FRAMES = 20_000;

/**
 * Plays a pipeline whose kvssink is heard by this process alone: what it would send is counted, and
 * goes nowhere. Tells its parent, and ends without waiting for anything.
 */
export async function probe(pipeline: readonly string[], durationMs: number): Promise<never> {
  await tell(await outcome(pipeline, durationMs));
  process.exit(0);
}

function tell(message: ProbeMessage): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined) resolve();
    else process.send(message, () => resolve());
  });
}

async function outcome(words: readonly string[], durationMs: number): Promise<ProbeMessage> {
  try {
    const native = loadNative();
    const probed = new ProbedElements();
    probed.serve(native);
    const pipeline = native.parseLaunch(words);
    const ended = new Promise<ProbeMessage | 'eos' | 'time'>((resolve) => {
      pipeline.onMessage(({ type, text = '', debug = '' }) => {
        if (type === 'error') resolve({ kind: 'failed', text, debug });
        else if (type === 'eos') resolve('eos');
      });
      probed.onEnough = () => resolve('time');
      setTimeout(() => {
        // Whether they are too far apart shows only by waiting for them.
        if (!probed.lackKeyFrames) resolve('time');
      }, durationMs);
      setTimeout(() => resolve('time'), Math.max(durationMs, KEY_FRAME_WAIT_MS));
    });
    native.hold(true);
    await pipeline.setState('playing');
    const end = await ended;
    if (typeof end === 'object') return end;
    return { kind: 'done', tracks: probed.reports(), atEnd: end === 'eos' };
  } catch (error) {
    return { kind: 'failed', text: error instanceof Error ? error.message : `${error}`, debug: '' };
  }
}

const NO_CONFIG: ElementConfig = { element: 'kvssink', properties: {}, pads: [] };

/** The elements of this process, whose messages are counted instead of sent. */
class ProbedElements {
  onEnough: () => void = () => {};
  readonly #configs = new Map<number, ElementConfig>();
  readonly #tracks = new Map<string, TrackStatistics>();
  #frames = 0;

  serve(native: NativeAddon): void {
    const reader = new ElementReader((message) => this.#take(message, native));
    let slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
    const pull = (element: number): void => {
      const length = native.pull(element, slab);
      if (length === 0) return;
      if (length < 0) slab = Buffer.allocUnsafeSlow(-length);
      else reader.push(slab.subarray(0, length));
      setImmediate(pull, element);
    };
    native.start(pull);
  }

  get lackKeyFrames(): boolean {
    return [...this.#tracks.values()].some((track) => track.lacksKeyFrame);
  }

  reports() {
    return [...this.#tracks.values()].map((track) => track.report());
  }

  #take(message: ElementMessageView, native: NativeAddon): void {
    message.read();
    switch (message.type) {
      case ElementMessage.open: {
        const config = parseMessage.config(message.payload);
        this.#configs.set(message.element, config);
        for (const { track } of config.pads) this.#track(message.element, track);
        void tell({ kind: 'element', config });
        break;
      }
      case ElementMessage.caps:
        this.#track(message.element, message.track).caps(parseMessage.caps(message.payload));
        break;
      case ElementMessage.source:
        this.#track(message.element, message.track).isLive = parseMessage.source(
          message.payload,
        ).live;
        break;
      case ElementMessage.frame:
        this.#track(message.element, message.track).frame(message);
        this.#frames += 1;
        if (this.#frames === ENOUGH_FRAMES) this.onEnough();
        break;
      case ElementMessage.drain:
        native.send(message.element, HostMessage.drained, 0n, '');
        break;
    }
  }

  #track(element: number, track: number): TrackStatistics {
    const key = `${element} ${track}`;
    const known = this.#tracks.get(key);
    if (known !== undefined) return known;
    const config = this.#configs.get(element) ?? NO_CONFIG;
    const { codecId } = readSettings(config).host;
    const overrides = codecId === undefined ? {} : { codecId };
    const made = new TrackStatistics(config.element, track, overrides);
    this.#tracks.set(key, made);
    return made;
  }
}
