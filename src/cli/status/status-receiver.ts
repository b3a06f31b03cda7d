import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { CounterTotals } from '../../host/status/counter-totals.ts';
import type { StatusRecord, StatusSource, StreamStatus } from '../../host/status/status-record.ts';

/** The figures of another process's streams. */
export type StatusReceiver = StatusSource & {
  /** What that process needs in its environment. */
  readonly env: Readonly<Record<string, string>>;
  close(): Promise<void>;
};

/** Listens for the figures that a host sends (`sendStatus`); the newest of each stream count. */
export async function receiveStatus(): Promise<StatusReceiver> {
  // Only its owner can get into the folder.
  const folder = await mkdtemp(join(tmpdir(), 'kvs-launch-'));
  const path = join(folder, 'status');
  const streams = new Map<string, StreamStatus>();
  const totals = new CounterTotals();
  const server = createServer((socket) => {
    socket.unref();
    socket.on('error', () => {});
    createInterface({ input: socket }).on('line', (line) => {
      const record = recordIn(line);
      for (const stream of record?.streams ?? []) {
        const counts = totals.add(stream.name, record?.source ?? '', stream.counts);
        streams.set(stream.name, { ...stream, counts });
      }
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(path, resolve);
  });
  server.unref();
  return {
    env: { KVS_STATUS_SOCKET: path },
    read: () => ({ source: path, streams: [...streams.values()] }),
    close: async () => {
      server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Undefined for the half of a line that a host which was killed has left. */
function recordIn(line: string): StatusRecord | undefined {
  try {
    return JSON.parse(line) as StatusRecord;
  } catch {
    return undefined;
  }
}
