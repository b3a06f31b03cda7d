import type { LocalService } from '../../../src/local/options.ts';

/** Waits until a stream has this many persisted fragments, and makes the stream if need be. */
export async function persisted(
  service: LocalService,
  name: string,
  fragments: number,
): Promise<void> {
  const stream =
    service.streams.byName(name) ??
    (await service.streams.create({
      name,
      region: 'us-west-2',
      deviceName: undefined,
      mediaType: undefined,
      kmsKeyId: undefined,
      retentionHours: 2,
      tags: {},
    }));
  await new Promise<void>((resolve) => {
    const unsubscribe = stream.live.subscribe({ persisted: () => check() });
    const check = (): void => {
      if (stream.fragments.totals.fragments < fragments) return;
      unsubscribe();
      resolve();
    };
    check();
  });
}
