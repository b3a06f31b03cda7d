import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { call, createStream } from './support/client.ts';
import { startCommand } from './support/command.ts';
import { h264Document } from './support/media.ts';
import { type PutMedia, putMedia } from './support/put-media.ts';
import { temporaryFolder } from './support/service.ts';

/** More of them by hand: KVS_TEST_KILLS=50. */
const KILLS = Number(process.env['KVS_TEST_KILLS'] ?? 2);
const STREAMS = ['a', 'b', 'c'];
/** Three hundred fragments. */
const DOCUMENT = h264Document({ frames: 6000 });

test(`what was acknowledged as persisted survives ${KILLS} times kill -9 under load`, async (t) => {
  const dataDir = temporaryFolder(t);
  const promised = new Map<string, Set<string>>(STREAMS.map((name) => [name, new Set()]));
  for (let kill = 0; kill <= KILLS; kill++) {
    const { child, url } = await startCommand(dataDir);
    t.after(() => child.kill('SIGKILL'));
    for (const name of STREAMS) {
      if (kill === 0) await createStream(url, name);
      const listed = new Set(await numbersOf(url, name));
      const lost = [...(promised.get(name) ?? [])].filter((number) => !listed.has(number));
      assert.deepEqual(lost, [], `after ${kill} kills`);
    }
    if (kill === KILLS) {
      child.kill('SIGTERM');
      assert.deepEqual(await once(child, 'exit'), [0, null]);
      break;
    }
    const sessions = await Promise.all(STREAMS.map((name) => sendForever(url, name, kill)));
    // Somewhere in between, and each time somewhere else.
    await Promise.all(
      sessions.map((session) => session.waitFor(() => persisted(session).length >= 10 + kill * 7)),
    );
    child.kill('SIGKILL');
    await Promise.all(sessions.map(({ ended }) => ended));
    STREAMS.forEach((name, i) => {
      for (const number of persisted(sessions[i])) promised.get(name)?.add(number);
    });
  }
});

function persisted(session: PutMedia | undefined): string[] {
  return (session?.acks ?? []).flatMap(({ EventType, FragmentNumber }) =>
    EventType === 'PERSISTED' && FragmentNumber !== undefined ? [FragmentNumber] : [],
  );
}

/** Sends a document as fast as it is read, and leaves the session open. */
async function sendForever(url: string, name: string, round: number): Promise<PutMedia> {
  const session = await putMedia(url, name, {
    headers: {
      'x-amzn-fragment-timecode-type': 'RELATIVE',
      // Each round has times of its own: a copy would take the place of what was promised.
      'x-amzn-producer-start-timestamp': String(1_795_000_000 + round * 10_000),
    },
  });
  session.request.write(DOCUMENT);
  return session;
}

async function numbersOf(url: string, StreamName: string): Promise<string[]> {
  const numbers: string[] = [];
  let token: unknown;
  do {
    const input = {
      StreamName,
      MaxResults: 1000,
      ...(token === undefined ? {} : { NextToken: token }),
    };
    const { body } = await call(url, '/listFragments', input);
    const page = body['Fragments'] as { FragmentNumber: string }[];
    numbers.push(...page.map(({ FragmentNumber }) => FragmentNumber));
    token = body['NextToken'];
  } while (token !== undefined);
  return numbers;
}
