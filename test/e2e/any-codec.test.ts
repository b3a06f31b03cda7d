// What kvssink does not know by itself, with codec-id and content-type.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startService, temporaryFolder } from '../local/support/service.ts';
import { pipelineEnvironment, startPipeline, words } from './support/run.ts';
import { storedFrames } from './support/stored.ts';

const VIDEO = 'videotestsrc num-buffers=30 ! video/x-raw,width=64,height=48,framerate=30/1';
const SUBTITLES = [1, 2, 3]
  .map((n) => `${n}\n00:00:0${n},000 --> 00:00:0${n},500\nline ${n}\n`)
  .join('\n');

type Case = {
  readonly source: string;
  readonly codecId: string;
  readonly contentType: string;
  readonly frames: number;
};

const CASES: Readonly<Record<string, Case>> = {
  VP8: {
    source: `${VIDEO} ! vp8enc keyframe-max-dist=15`,
    codecId: 'V_VP8',
    contentType: 'video/vp8',
    frames: 30,
  },
  Theora: {
    source: `${VIDEO} ! theoraenc`,
    codecId: 'V_THEORA',
    contentType: 'video/theora',
    frames: 30,
  },
  'raw video': {
    source: VIDEO,
    codecId: 'V_UNCOMPRESSED',
    contentType: 'video/raw',
    frames: 30,
  },
  subtitles: {
    source: 'filesrc location=FOLDER/lines.srt ! subparse',
    codecId: 'S_TEXT/UTF8',
    contentType: 'text/plain',
    frames: 3,
  },
  'ID3 tags': {
    source:
      'fakesrc num-buffers=5 sizetype=fixed sizemax=20 format=time datarate=200 ! application/x-id3',
    codecId: 'D_ID3',
    contentType: 'application/x-id3',
    frames: 5,
  },
};

for (const [name, { source, codecId, contentType, frames }] of Object.entries(CASES)) {
  test(`${name} is stored, buffer by buffer`, async (t) => {
    const service = await startService(t);
    const folder = temporaryFolder(t);
    writeFileSync(join(folder, 'lines.srt'), SUBTITLES);
    const pipeline = startPipeline(
      t,
      'gst-launch-1.0',
      words(`${source.replace('FOLDER', folder)} ! kvssink stream-name=other
        codec-id=${codecId} content-type=${contentType}`),
      pipelineEnvironment(service.url),
    );
    const { code, stdout, stderr } = await pipeline.finished;
    assert.equal(code, 0, stdout + stderr);
    assert.equal((await storedFrames(service, 'other')).length, frames);
    const stream = service.streams.byName('other');
    assert.equal(stream?.record.mediaType, contentType);
    assert.equal(stream?.fragments.newest?.tracks[0]?.codecId, codecId);
  });
}
