import type { StreamStatusReport } from '../../src/local/live/stream-meter.ts';

/** What the local service's page shows of a stream; undefined until the stream exists. */
export async function streamStatus(
  serviceUrl: string,
  name: string,
): Promise<StreamStatusReport | undefined> {
  const response = await fetch(`${serviceUrl}/api/streams`);
  const { streams } = (await response.json()) as { streams: StreamStatusReport[] };
  return streams.find((stream) => stream.name === name);
}
