import type { InputFrame } from './input-frame.ts';
import type { SessionHeader } from './session-header.ts';

/** What a file says of its times by itself. */
export type FileTimes = {
  /** When it was made, epoch ms. */
  readonly createdMs: number | undefined;
  /** How long it lasts; undefined where that would have to be read from its frames. */
  readonly durationMs: number | undefined;
};

/** What a file has, in the order in which it is sent. */
export type MediaHandlers = {
  /** The file begins, or another one that was written behind it. */
  readonly header: (header: SessionHeader, times: FileTimes) => void;
  /** The tracks become others in mid-file; what follows goes on from what came before. */
  readonly change: (header: SessionHeader) => void;
  /** The frame's bytes are valid during the call only. */
  readonly frame: (frame: InputFrame) => void;
  /** Something is missing between the frames before and those after. */
  readonly gap: () => void;
};

/** A file that is read once, whatever its format. */
export type MediaFile = {
  /**
   * Reads to the end, and yields after each piece how many bytes of the file were read. The next
   * piece is read when it is asked for.
   * @throws KvsError for what cannot be read at all
   */
  read(handlers: MediaHandlers): AsyncIterable<number>;
  /** Ends the reading, wherever it is. Idempotent. */
  close(): void;
  /** Sentences about what could not be read. */
  readonly losses: readonly string[];
  /** Sentences about what is never sent. */
  readonly notes: readonly string[];
};
