import { createRequire } from 'node:module';
import { KvsError } from '../../errors/kvs-error.ts';
import { gstreamerAdvice } from './install-advice.ts';
import { findNativeFiles } from './native-files.ts';
import { noexecAdvice } from './noexec-mount.ts';

/** Result of a state change, as GStreamer names it. */
export type StateChangeResult = 'failure' | 'success' | 'async' | 'no-preroll';

/** GStreamer's states. */
export type GstState = 'null' | 'ready' | 'paused' | 'playing';

/** A bus message, flattened for programs that print or act on it. */
export type BusMessage = {
  /** `error`, `warning`, `info`, `eos`, `state-changed`, `element`, `buffering`, `latency`, … */
  readonly type: string;
  /** Name of the object that posted it; empty when none. */
  readonly source: string;
  /** Its path, e.g. `/GstPipeline:pipeline0/GstKvsSink:kvssink0`. */
  readonly path: string;
  /** Type name of the object that posted it, e.g. `GstKvsSink`. */
  readonly sourceType: string;
  /** The pipeline itself posted it. */
  readonly fromPipeline: boolean;
  readonly seqnum: number;
  /** error, warning, info: text for people, and details. */
  readonly text?: string;
  readonly debug?: string;
  /** error, warning, info: domain's quark string and code. */
  readonly domain?: string;
  readonly code?: number;
  /** state-changed: names as in GstState, and `void-pending`. */
  readonly oldState?: string;
  readonly newState?: string;
  readonly pending?: string;
  /** buffering. */
  readonly percent?: number;
  /** property-notify: name of the property; `path` is its object's, `text` its value. */
  readonly property?: string;
  /** Name and text of the message's structure, if it has one. */
  readonly structureName?: string;
  readonly structure?: string;
};

/**
 * A running pipeline. No method blocks the JavaScript thread: each state change, event and query
 * runs on a thread of its own, and the bus is heard by a sync handler. A promise that is awaited and
 * a callback of onMessage keep the process alive, until dispose().
 */
export type Pipeline = {
  /** Name of the pipeline. */
  readonly name: string;
  /**
   * Calls back for every message on the bus, on the JavaScript thread, in order. The bus is taken
   * over: messages are not queued for anyone else. A failed state change may post one error
   * several times: act on the first.
   */
  onMessage(callback: (message: BusMessage) => void): void;
  /**
   * gst_element_set_state, followed by a wait of at most `waitMs` for an async change to settle.
   * Leaving `playing` without EOS waits for each kvssink's drain, at most its stop-stream-timeout.
   * Await one before the next: their order is not kept otherwise.
   */
  setState(state: GstState, waitMs?: number): Promise<StateChangeResult>;
  /** Sends EOS into the sources. @returns false when nothing took it. */
  sendEos(): Promise<boolean>;
  /** Answer to a `latency` message. */
  recalculateLatency(): Promise<boolean>;
  /** Changes of any property in the pipeline become `property-notify` messages from now on. */
  watchProperties(): void;
  /**
   * The elements that an element's data comes through, the nearest first; none for a name that no
   * element has.
   */
  upstreamOf(element: string): { readonly name: string; readonly factory: string }[];
  /** Text of an element's property, as a launch line has it; undefined where there is none. */
  property(element: string, name: string): string | undefined;
  /** Sets it from such a text. @returns false when there is no such element or property. */
  setProperty(element: string, name: string, text: string): Promise<boolean>;
  /**
   * Sets the pipeline to NULL and lets go of it. When it resolves, all messages that were under way
   * have been called back, and none holds an element. Later calls reject.
   */
  dispose(): Promise<void>;
};

/**
 * Everything that kvssink_addon.node exports. Importing it initialises GStreamer and registers
 * `kvssink` in this process.
 */
export type NativeAddon = {
  /**
   * Starts the bridge. `onDoorbell` is called on the JavaScript thread when an element has something
   * to pull and was empty before (or is new): pull until 0. Rings are coalesced: one per element
   * until it has been pulled empty. Does not keep the process alive; see `hold`.
   */
  start(onDoorbell: (element: number) => void): void;
  /** Keeps the event loop alive (true) or not (false, at first). */
  hold(alive: boolean): void;
  /**
   * Copies whole messages in the wire format (docs/5-inside/bridge.md) into `slab`.
   * @returns bytes copied; 0 when there is nothing; minus the bytes needed when the first message
   * alone does not fit: pull again with a larger slab. After a `close` message the id is forgotten,
   * and pulling it returns 0.
   */
  pull(element: number, slab: Uint8Array): number;
  /**
   * Hands a message to an element: the fields of docs/5-inside/bridge.md's 24-byte header.
   * @returns false when the element is gone.
   */
  send(element: number, event: number, code: bigint, payload: string): boolean;
  /** The pipeline of a kvssink in this process that was parsed by somebody else. */
  adoptPipeline(): Pipeline;
  /** gst_parse_launchv, or gst_parse_launch for a string. @throws Error with GStreamer's text. */
  parseLaunch(pipeline: readonly string[] | string): Pipeline;
  /** E.g. `1.22.0`. */
  readonly gstreamerVersion: string;
};

let addon: NativeAddon | undefined;

/**
 * Loads the addon, once.
 * @throws KvsError STATUS_NOT_FOUND when there is none for this machine, STATUS_OPEN_FILE_FAILED when
 *   it cannot be loaded: GStreamer is not installed, or is too old, or the file system is noexec.
 */
export function loadNative(): NativeAddon {
  addon ??= requireAddon(findNativeFiles().addon);
  return addon;
}

function requireAddon(path: string): NativeAddon {
  try {
    return createRequire(import.meta.filename)(path) as NativeAddon;
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    throw new KvsError('STATUS_OPEN_FILE_FAILED', `${path} cannot be loaded: ${text}`, {
      cause: error,
      advice:
        noexecAdvice(path) ??
        `It needs GStreamer: ${gstreamerAdvice()}. ` +
          'Where that is older than 1.18, or another system: npx kvs-launch build-native.',
    });
  }
}
