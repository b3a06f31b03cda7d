/** What became of a file. */
export type FileResult = {
  /** End of its last frame, epoch ms; undefined where it had none. */
  readonly endMs: number | undefined;
  readonly startMs: number | undefined;
  readonly frames: number;
  readonly fragments: number;
  /** Fragments that the stream had already. */
  readonly skipped: number;
  /** Sentences about what was not sent though it should have been; none where all is persisted. */
  readonly losses: readonly string[];
  /** Sentences about what is never sent, such as subtitles. */
  readonly notes: readonly string[];
};
