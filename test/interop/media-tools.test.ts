import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ALL_FORMATS, EncodedPacketSink, FilePathSource, Input } from 'mediabunny';
import { liveChunk } from '../../src/local/playback/media-chunk.ts';
import { createStream } from '../local/support/client.ts';
import { h264Document } from '../local/support/media.ts';
import { putDocument } from '../local/support/put-media.ts';
import { startService, temporaryFolder } from '../local/support/service.ts';
import { ffprobe, ffprobeChunks, isInstalled, output } from '../local/support/tools.ts';
import { listFragments } from '../support/list-fragments.ts';
import { storedFragments } from '../support/stored-fragments.ts';

function without(program: string): string | false {
  return isInstalled(program) ? false : `${program} is not installed`;
}

const DECODE = '! matroskademux ! h264parse ! avdec_h264 ! fakesink silent=false -v';

/** Frames that reached the fakesink of a gst-launch -v run. */
function decoded(printed: string): number {
  return printed.match(/chain .*fakesink0:sink\)/g)?.length ?? 0;
}

for (const [name, options] of [
  ['', {}],
  [' with B-frames', { bFrames: 3 }],
  [' with sound', { audio: true }],
] as const) {
  test(`stored fragments${name} are documents that ffprobe, mkvinfo and GStreamer read`, async (t) => {
    const { url, streams, dataDir } = await startService(t);
    await createStream(url, 'demo');
    await putDocument(url, 'demo', h264Document(options));
    const records = await listFragments(streams.byName('demo')?.fragments);
    const stored = storedFragments(join(dataDir, 'streams', 'demo'));
    assert.equal(stored.length, 3);
    for (const [i, { path: file }] of stored.entries()) {
      const video = (await ffprobe(file)).streams.find((found) => found.codec_type === 'video');
      assert.equal(Number(video?.nb_read_frames), 20);
      if (without('mkvinfo') === false) {
        const printed = await output('mkvinfo', ['-v', '-v', file]);
        assert.doesNotMatch(printed, /error|unknown element|damaged|invalid/i);
        assert.equal(printed.match(/Simple ?[Bb]lock/g)?.length, records[i]?.frames);
      }
      if (without('gst-launch-1.0') === false) {
        const printed = await output('gst-launch-1.0', [
          ...`filesrc location=${file} ${DECODE}`.split(' '),
        ]);
        assert.doesNotMatch(printed, /ERROR|WARNING/);
        assert.equal(decoded(printed), 20);
      }
    }
  });
}

test('GetMedia’s chunks one after the other are one video for ffprobe, GStreamer and mediabunny', async (t) => {
  const { url, streams } = await startService(t);
  await createStream(url, 'demo');
  await putDocument(url, 'demo', h264Document());
  const store = streams.byName('demo')?.fragments;
  assert.ok(store);
  const file = join(temporaryFolder(t), 'media.mkv');
  for (const record of await listFragments(store)) {
    const chunk = liveChunk(await store.read(record), record, Date.now());
    for (const part of chunk) appendFileSync(file, part);
  }
  assert.equal(Number((await ffprobeChunks(file)).streams[0]?.nb_read_frames), 60);

  const input = new Input({ source: new FilePathSource(file), formats: ALL_FORMATS });
  const tracks = await input.getVideoTracks();
  assert.equal(tracks.length, 1);
  const [track] = tracks;
  assert.ok(track);
  const times: number[] = [];
  for await (const packet of new EncodedPacketSink(track).packets()) times.push(packet.timestamp);
  assert.deepEqual(
    times.map((time) => Math.round(time * 1000)),
    Array.from({ length: 60 }, (_, i) => i * 50),
  );
  if (without('gst-launch-1.0') === false) {
    const printed = await output('gst-launch-1.0', `filesrc location=${file} ${DECODE}`.split(' '));
    assert.doesNotMatch(printed, /ERROR/);
    assert.ok(decoded(printed) >= 20);
  }
});
