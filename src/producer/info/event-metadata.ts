/** Image generation and notification events (upstream's putKinesisVideoEventMetadata). */
export type EventMetadata = {
  readonly imagePrefix?: string;
  readonly pairs?: Readonly<Record<string, string>>;
};

/** The two events that KVS knows. */
export type EventKind = 'image-generation' | 'notification';
