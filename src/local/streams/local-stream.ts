import type { StreamRecord } from '../data-folder/stream-record.ts';
import type { StreamFragments } from '../fragments/stream-fragments.ts';
import type { LiveFeed } from './live-feed.ts';

/** A stream in memory: what is stored of it, its fragments, and what is going on now. */
export type LocalStream = {
  readonly record: StreamRecord;
  readonly fragments: StreamFragments;
  readonly live: LiveFeed;
  /** Open PutMedia sessions, oldest first. */
  readonly sessions: Set<OpenRequest>;
  /** Clients that are reading with GetMedia. */
  readers: number;
  /** Clients that are reading with GetMediaForFragmentList. */
  listReaders: number;
};

/** How others end a PutMedia session: its stream is deleted, or there are too many of them. */
export type OpenRequest = { streamDeleted(): void; supersede(): void };
