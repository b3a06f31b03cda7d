import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import type {
  FragmentDetail,
  RecordingReport,
  StreamStatusReport,
  TimelineReport,
} from '../../../src/local/live/page-reports.ts';
import { startLocalService } from '../../../src/local/service.ts';
import { createStream } from '../support/client.ts';
import * as m from '../support/matroska.ts';
import { h264Document } from '../support/media.ts';
import { putDocument, putMedia } from '../support/put-media.ts';

const run = promisify(execFile);
const START_MS = 1_795_253_000_000;

describe('what the page asks of a stored stream', () => {
  let service: Awaited<ReturnType<typeof startLocalService>>;
  let newest: string;
  const dataDir = mkdtempSync(join(tmpdir(), 'kvs-local-page-'));

  const get = (path: string): Promise<Response> => fetch(`${service.url}${path}`);
  const json = async <T>(path: string): Promise<T> => (await (await get(path)).json()) as T;
  /** Status and message of a refusal. */
  const refusal = async (path: string): Promise<string> => {
    const answer = await get(path);
    return `${answer.status} ${((await answer.json()) as { Message: string }).Message}`;
  };

  before(async () => {
    service = await startLocalService({ dataDir });
    await createStream(service.url, 'demo');
    // Two parts, an hour apart: six fragments of a second.
    for (const startMs of [START_MS, START_MS + 3_600_000]) {
      await putDocument(service.url, 'demo', h264Document(), {
        headers: {
          'x-amzn-fragment-timecode-type': 'RELATIVE',
          'x-amzn-producer-start-timestamp': String(startMs / 1000),
        },
      });
    }
    const { streams } = await json<{ streams: StreamStatusReport[] }>('/api/streams');
    newest = streams[0]?.recent.at(-1)?.number ?? '';
  });
  after(async () => {
    await service.close();
    rmSync(dataDir, { recursive: true });
  });

  it('is a window of its timeline', async () => {
    const until = START_MS + 2 * 3_600_000;
    const timeline = await json<TimelineReport>(
      `/api/timeline?stream=demo&from=${START_MS}&until=${until}&points=4`,
    );
    assert.ok(timeline.parts.kind === 'bins');
    assert.deepEqual(
      timeline.parts.list.map(({ startMs, fragments }) => [startMs - START_MS, fragments]),
      [
        [0, 3],
        [3_600_000, 3],
      ],
    );
    assert.deepEqual([timeline.oldestMs, timeline.newestMs], [START_MS, START_MS + 3_603_000]);
    assert.deepEqual(timeline.gaps, [{ fromMs: START_MS + 3000, untilMs: START_MS + 3_600_000 }]);
  });

  it('is each fragment that reaches into the window', async () => {
    const timeline = await json<TimelineReport>(
      `/api/timeline?stream=demo&from=${START_MS + 1500}&until=${START_MS + 2500}`,
    );
    assert.ok(timeline.parts.kind === 'fragments');
    assert.deepEqual(
      timeline.parts.list.map(({ startMs }) => startMs - START_MS),
      [1000, 2000],
    );
  });

  it('is a key frame that a decoder takes, of now or of a time', async () => {
    for (const at of ['', `&at=${START_MS + 1500}`]) {
      const { stdout } = await run('ffprobe', [
        ...'-v error -count_frames -of csv=p=0'.split(' '),
        ...'-show_entries stream=codec_name,width,height,nb_read_frames'.split(' '),
        `${service.url}/api/key-frame.mp4?stream=demo${at}`,
      ]);
      assert.equal(stdout.trim(), 'h264,160,120,1');
    }
  });

  it('is what a fragment holds, and the fragment itself', async () => {
    const detail = await json<FragmentDetail>(`/api/fragment?stream=demo&number=${newest}`);
    assert.equal(detail.startMs, START_MS + 3_602_000);
    const [track] = detail.tracks;
    assert.match(track?.codec ?? '', /^avc1\.42c0/);
    assert.deepEqual([track?.width, track?.frames, track?.keyFrames], [160, 20, 1]);
    const file = await get(`/api/fragment.mkv?stream=demo&number=${newest}`);
    assert.equal((await file.arrayBuffer()).byteLength, detail.bytes);
    assert.match(file.headers.get('content-disposition') ?? '', /demo-\d+\.mkv/);
  });

  it('is a recording by windows: each says where the next begins', async () => {
    const first = await json<RecordingReport>('/api/recording?stream=demo');
    assert.equal(first.fromMs, START_MS);
    const playlist = await (await get(first.url.replace('Master', 'Media'))).text();
    assert.equal(playlist.match(/#EXTINF/g)?.length, 3);
    assert.match(playlist, /#EXT-X-ENDLIST/);
    assert.ok(first.nextMs !== undefined && first.nextMs < START_MS + 4000);
    const second = await json<RecordingReport>(`/api/recording?stream=demo&from=${first.nextMs}`);
    assert.equal(second.fromMs, START_MS + 3_600_000, 'over the gap');
    assert.equal(second.nextMs, undefined, 'the newest window grows');
  });

  it('is refused in a sentence when it is not there', async () => {
    const late = START_MS + 9e9;
    assert.match(
      await refusal(`/api/recording?stream=demo&from=${late}`),
      /^404 Nothing .*'demo' .* from 20/,
    );
    assert.match(await refusal('/api/fragment?stream=demo&number=12'), /^404 There is no fragment/);
    assert.match(await refusal(`/api/recording?stream=demo&from=${'9'.repeat(90)}`), /^400 "from"/);
    assert.match(await refusal('/api/timeline?stream=demo&from=x'), /^400 "from" must be a number/);
    assert.match(await refusal('/api/timeline?stream=demo&points=1e9'), /^400 "points" must be/);
    assert.match(await refusal('/api/key-frame.mp4?stream=other'), /^404 /);
  });

  it('is a key frame of what is just being received, too', async () => {
    await createStream(service.url, 'live');
    assert.match(await refusal('/api/key-frame.mp4?stream=live'), /^404 .* no fragments/);
    const session = await putMedia(service.url, 'live');
    const document = h264Document();
    session.request.write(document.subarray(0, document.length - 10));
    await session.waitFor((ack) => ack.EventType === 'PERSISTED');
    assert.equal((await get('/api/key-frame.mp4?stream=live')).status, 200);
    session.request.destroy();
  });

  it('is the tags of a fragment', async () => {
    await createStream(service.url, 'tagged');
    const document = Buffer.concat([
      m.head(),
      m.tags(['site', 'roof'], ['note', 'ä']),
      m.cluster(START_MS),
      m.block(0),
    ]);
    const acks = await putDocument(service.url, 'tagged', document);
    const detail = await json<FragmentDetail>(
      `/api/fragment?stream=tagged&number=${acks.at(-1)?.FragmentNumber}`,
    );
    assert.deepEqual(detail.tags, [
      { name: 'site', value: 'roof' },
      { name: 'note', value: 'ä' },
    ]);
  });
});
