import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { systemClock } from '../../src/runtime/clock.ts';
import { call, createStream } from '../local/support/client.ts';
import { h264Document, h265Document } from '../local/support/media.ts';
import { putDocument } from '../local/support/put-media.ts';
import { startService } from '../local/support/service.ts';
import { type FfprobeResult, ffprobe, output } from '../local/support/tools.ts';
import { listFragments } from '../support/list-fragments.ts';
import { openSession, PACKAGINGS, STREAMS, startShared } from './support/sessions.ts';

const shared = await startShared();
const { service } = shared;
after(shared.close);

type Kind = 'video' | 'audio';

function framesOf({ streams }: FfprobeResult, kind: Kind): number {
  return Number(streams.find(({ codec_type }) => codec_type === kind)?.nb_read_frames);
}

function packetsOf({ packets = [] }: FfprobeResult, kind: Kind) {
  return packets.filter(({ codec_type }) => codec_type === kind);
}

for (const packaging of PACKAGINGS) {
  for (const [name, options] of Object.entries(STREAMS)) {
    test(`ffprobe reads every frame of ${packaging} at its time, with ${name}`, async () => {
      const probed = await ffprobe(await openSession(service, name, packaging), '-show_packets');
      assert.equal(framesOf(probed, 'video'), 60);
      const video = packetsOf(probed, 'video');
      const times = video.map(({ pts_time }) => Number(pts_time)).sort((a, b) => a - b);
      for (const [i, time] of times.entries()) {
        assert.ok(Math.abs(time - (times[0] ?? 0) - i / 20) < 0.0011, `frame ${i} at ${time} s`);
      }
      assert.ok(video.every(({ dts_time, pts_time }) => Number(dts_time) <= Number(pts_time)));
      assert.equal(video.filter(({ flags }) => flags.startsWith('K')).length, 3);
      if (!('audio' in options)) return;
      assert.ok(Math.abs(framesOf(probed, 'audio') - 141) <= 2);
      const begin = Number(packetsOf(probed, 'audio')[0]?.pts_time);
      assert.ok(Math.abs(begin - (times[0] ?? 0)) < 0.05, `audio begins at ${begin} s`);
    });
  }

  test(`ffmpeg decodes ${packaging} without a complaint`, async () => {
    const url = await openSession(service, 'sound', packaging);
    const decode = ['-v', 'warning', '-nostdin', '-i', url, '-fps_mode', 'passthrough'];
    assert.equal(await output('ffmpeg', [...decode, '-f', 'null', '-']), '');
  });

  test(`ffprobe reads ${packaging} with H.265`, async () => {
    const stream = `hevc ${packaging}`.replaceAll(' ', '-');
    await createStream(service.url, stream);
    await putDocument(service.url, stream, h265Document());
    const probed = await ffprobe(await openSession(service, stream, packaging));
    assert.equal(probed.streams[0]?.codec_name, 'hevc');
    assert.equal(framesOf(probed, 'video'), 40);
  });
}

for (const packaging of ['HLS in fragmented MP4', 'HLS in MPEG-TS'] as const) {
  test(`ffmpeg plays a replay of ${packaging} from its first fragment on, if it is told to`, async (t) => {
    const beganMs = Date.now();
    let playlists = 0;
    // The replay goes on by a fragment each time that a playlist is fetched, however slowly.
    const clock = { ...systemClock, nowMs: () => beganMs + Math.max(0, playlists - 1) * 1000 };
    const own = await startService(t, { clock });
    const fetched = own.faults.add({ kind: 'delay', delayMs: 1, operation: 'GetHLSMediaPlaylist' });
    const counting = setInterval(() => {
      playlists = fetched.strikes;
    }, 1);
    t.after(() => clearInterval(counting));
    await createStream(own.url, 'replay');
    await putDocument(own.url, 'replay', h264Document({ frames: 140 }));
    const url = await openSession(own, 'replay', packaging, 'LIVE_REPLAY');
    const framesFrom = async (...more: string[]): Promise<number> => {
      const frames = '-show_entries stream=nb_read_frames -count_frames -of csv=p=0'.split(' ');
      const options = ['-v', 'fatal', ...more, ...frames, '-select_streams', 'v'];
      return Number((await output('ffprobe', [...options, url])).split('\n')[0]);
    };
    assert.equal(await framesFrom('-live_start_index', '0'), 140);
  });
}

test('DASH closes a gap, and its manifest has the numbers and times of fragments', async () => {
  const { url, streams } = service;
  await createStream(url, 'gap');
  for (const second of [0, 60]) {
    await putDocument(url, 'gap', h264Document({ frames: 20 }), {
      headers: {
        'x-amzn-fragment-timecode-type': 'RELATIVE',
        'x-amzn-producer-start-timestamp': String(second),
      },
    });
  }
  const { body } = await call(url, '/getDASHStreamingSessionURL', {
    StreamName: 'gap',
    PlaybackMode: 'ON_DEMAND',
    DASHFragmentSelector: {
      FragmentSelectorType: 'PRODUCER_TIMESTAMP',
      TimestampRange: { StartTimestamp: 0, EndTimestamp: 100 },
    },
    DisplayFragmentNumber: 'ALWAYS',
    DisplayFragmentTimestamp: 'ALWAYS',
  });
  const session = String(body['DASHStreamingSessionURL']);
  const manifest = await (await fetch(session)).text();
  const segments = [...manifest.matchAll(/kvs:ts="(\d+)" kvs:fn="(\d+)"/g)];
  const stored = await listFragments(streams.byName('gap')?.fragments);
  assert.deepEqual(
    segments.map(([, time, number]) => [Number(time), number]),
    stored.map(({ producerTimestampMs, number }) => [producerTimestampMs, number]),
  );
  const packets = packetsOf(await ffprobe(session, '-show_packets'), 'video');
  const times = packets.map(({ pts_time }) => Number(pts_time));
  assert.equal(Math.round((Math.max(...times) - Math.min(...times)) * 1000), 1950);
});

test('DASH has a period for each format', async () => {
  const { url } = service;
  await createStream(url, 'formats');
  for (const [second, document] of [h264Document({ frames: 20 }), h265Document()].entries()) {
    await putDocument(url, 'formats', document, {
      headers: {
        'x-amzn-fragment-timecode-type': 'RELATIVE',
        'x-amzn-producer-start-timestamp': String(second),
      },
    });
  }
  const manifest = await (await fetch(await openSession(service, 'formats', 'DASH'))).text();
  assert.deepEqual(
    [...manifest.matchAll(/<Period id="(\d)" start="PT(.*)S">|codecs="(.{4})/g)].map(
      ([, id, start, codec]) => codec ?? [id, Number(start)],
    ),
    [['1', 0], 'avc1', ['2', 1], 'hvc1'],
  );
});

test('a period of live DASH stays what it is while its segments come and go', async () => {
  const { url } = service;
  await createStream(url, 'moving');
  const nowS = Math.floor(Date.now() / 1000);
  const put = (second: number) =>
    putDocument(url, 'moving', h264Document({ frames: 120 }), {
      headers: {
        'x-amzn-fragment-timecode-type': 'RELATIVE',
        'x-amzn-producer-start-timestamp': String(nowS + second),
      },
    });
  await put(0);
  const { body } = await call(url, '/getDASHStreamingSessionURL', { StreamName: 'moving' });
  const session = String(body['DASHStreamingSessionURL']);
  const look = async () => {
    const manifest = await (await fetch(session)).text();
    const period = /<Period [^>]*>/.exec(manifest)?.[0];
    const offset = /presentationTimeOffset="\d+"/.exec(manifest)?.[0];
    return { period, offset, first: /<S t="(\d+)"/.exec(manifest)?.[1] };
  };
  const before = await look();
  await put(6);
  const after = await look();
  assert.ok(before.period && before.offset);
  assert.deepEqual([after.period, after.offset], [before.period, before.offset]);
  assert.notEqual(after.first, before.first);
});
