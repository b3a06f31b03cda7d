import type { InputFrame } from './input-frame.ts';
import type { SessionHeader } from './session-header.ts';

/** What a file has, in the order in which it is sent. */
export type MediaHandlers = {
  /**
   * The file begins, or another one that was written behind it.
   * @param createdMs when the file says it was made, epoch ms
   */
  readonly header: (header: SessionHeader, createdMs: number | undefined) => void;
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
