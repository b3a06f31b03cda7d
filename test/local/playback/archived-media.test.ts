import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { INGEST_LIMITS } from '../../../src/local/settings/ingest-limits.ts';
import { MatroskaReader } from '../../../src/matroska/reader.ts';
import { listFragments } from '../../support/list-fragments.ts';
import { answerOf, call, createStream, open, sign } from '../support/client.ts';
import * as m from '../support/matroska.ts';
import { g711Document, h264Document } from '../support/media.ts';
import { putDocument } from '../support/put-media.ts';
import { startService, temporaryFolder } from '../support/service.ts';
import { ffprobe } from '../support/tools.ts';

type Fragment = {
  FragmentNumber: string;
  FragmentSizeInBytes: number;
  FragmentLengthInMilliseconds: number;
  ProducerTimestamp: number;
};

/** Calls an operation whose answer is media. */
async function media(service: string, path: string, input: unknown): Promise<Buffer> {
  const url = new URL(path, service);
  const body = Buffer.from(JSON.stringify(input));
  const sent = open(url, await sign(url, { 'content-length': String(body.length) }, body));
  sent.end(body);
  const response = await answerOf(sent);
  const parts: Buffer[] = [];
  for await (const part of response as AsyncIterable<Buffer>) parts.push(part);
  if (response.statusCode !== 200) throw new Error(Buffer.concat(parts).toString());
  return Buffer.concat(parts);
}

test('ListFragments pages and selects by either time', async (t) => {
  const { url } = await startService(t);
  await createStream(url, 'demo');
  await putDocument(url, 'demo', h264Document());
  const list = async (input: Record<string, unknown>) => {
    const { body } = await call(url, '/listFragments', { StreamName: 'demo', ...input });
    return body as { Fragments: Fragment[]; NextToken?: string };
  };
  const all = await list({});
  assert.deepEqual(
    all.Fragments.map((fragment) => fragment.ProducerTimestamp),
    [0, 1, 2],
  );
  assert.ok(all.Fragments.every((fragment) => fragment.FragmentLengthInMilliseconds === 1000));
  assert.ok(all.Fragments.every((fragment) => fragment.FragmentSizeInBytes > 1000));
  const page = await list({ MaxResults: 2 });
  assert.equal(page.Fragments.length, 2);
  const rest = await list({ MaxResults: 2, NextToken: page.NextToken });
  assert.deepEqual([...page.Fragments, ...rest.Fragments], all.Fragments);
  assert.equal(rest.NextToken, undefined);
  await createStream(url, 'other');
  const other = { StreamName: 'other', NextToken: page.NextToken };
  const { errorType } = await call(url, '/listFragments', other);
  assert.equal(errorType, 'InvalidArgumentException', 'a token is good for its own stream');
  const selected = await list({
    FragmentSelector: {
      FragmentSelectorType: 'PRODUCER_TIMESTAMP',
      TimestampRange: { StartTimestamp: 0.5, EndTimestamp: 2 },
    },
  });
  assert.deepEqual(selected.Fragments, all.Fragments.slice(1));
  // The token goes on with what was selected: with it, no selector is required.
  const begun = await list({
    MaxResults: 1,
    FragmentSelector: {
      FragmentSelectorType: 'PRODUCER_TIMESTAMP',
      TimestampRange: { StartTimestamp: 0, EndTimestamp: 1.5 },
    },
  });
  const last = await list({ NextToken: begun.NextToken });
  assert.deepEqual([...begun.Fragments, ...last.Fragments], all.Fragments.slice(0, 2));
  assert.equal(last.NextToken, undefined);
  for (const input of [
    { MaxResults: 0 },
    { NextToken: 'AAAA' },
    { FragmentSelector: { FragmentSelectorType: 'PRODUCER_TIMESTAMP' } },
  ]) {
    const answer = await call(url, '/listFragments', { StreamName: 'demo', ...input });
    assert.equal(answer.errorType, 'InvalidArgumentException', JSON.stringify(input));
  }
});

test('GetMediaForFragmentList sends what it is asked for, in that order', async (t) => {
  const { url, streams } = await startService(t);
  await createStream(url, 'demo');
  await putDocument(url, 'demo', h264Document());
  const records = await listFragments(streams.byName('demo')?.fragments);
  const numbers = records.map((record) => record.number);
  const Fragments = numbers.slice(1).reverse();
  const bytes = await media(url, '/getMediaForFragmentList', { StreamName: 'demo', Fragments });
  assert.deepEqual(
    Fragments.map((number) => bytes.indexOf(number) > 0),
    [true, true],
  );
  assert.ok(bytes.indexOf(Fragments[0] ?? '') < bytes.indexOf(Fragments[1] ?? ''));
});

test('GetMediaForFragmentList answers a missing fragment with tags, behind what it has', async (t) => {
  const { url, streams } = await startService(t);
  await createStream(url, 'demo');
  await putDocument(url, 'demo', h264Document());
  const [first, second] = await listFragments(streams.byName('demo')?.fragments);
  assert.ok(first && second);
  const Fragments = [first.number, '123', second.number];
  const bytes = await media(url, '/getMediaForFragmentList', { StreamName: 'demo', Fragments });
  const documents: Record<string, string>[] = [];
  const reader = new MatroskaReader({
    ebmlHeader: () => documents.push({}),
    tags: (tags) => {
      for (const { name, value } of tags) Object.assign(documents.at(-1) ?? {}, { [name]: value });
    },
  });
  reader.push(bytes);
  reader.end();
  assert.equal(documents.length, 2);
  assert.equal(documents[0]?.['AWS_KINESISVIDEO_FRAGMENT_NUMBER'], first.number);
  assert.deepEqual(Object.entries(documents[1] ?? {}), [
    ['AWS_KINESISVIDEO_ERROR_CODE', 'FRAGMENT_NOT_FOUND'],
    ['AWS_KINESISVIDEO_ERROR_ID', '3000'],
    ['AWS_KINESISVIDEO_FRAGMENT_NUMBER', '123'],
    ['AWS_KINESISVIDEO_EXCEPTION_ERROR_CODE', '3000'],
    ['AWS_KINESISVIDEO_EXCEPTION_MESSAGE', 'FRAGMENT_NOT_FOUND'],
  ]);
});

for (const [name, options, frames] of [
  ['without B-frames', {}, 60],
  ['with B-frames', { bFrames: 3 }, 60],
  ['with sound', { audio: true }, 60],
  ['with sound that begins later', { audio: true, audioDelay: 0.8 }, 60],
] as const) {
  test(`GetClip makes an MP4 file that ffprobe reads whole, ${name}`, async (t) => {
    const { url } = await startService(t);
    await createStream(url, 'demo');
    await putDocument(url, 'demo', h264Document(options));
    const clip = await media(url, '/getClip', {
      StreamName: 'demo',
      ClipFragmentSelector: {
        FragmentSelectorType: 'PRODUCER_TIMESTAMP',
        TimestampRange: { StartTimestamp: 0, EndTimestamp: 10 },
      },
    });
    const file = join(temporaryFolder(t), 'clip.mp4');
    writeFileSync(file, clip);
    const probed = await ffprobe(file, '-show_packets');
    const video = probed.streams.find((stream) => stream.codec_type === 'video');
    assert.deepEqual([video?.codec_name, video?.width], ['h264', 160]);
    assert.equal(Number(video?.nb_read_frames), frames);
    const packets = probed.packets?.filter((packet) => packet.codec_type === 'video') ?? [];
    const times = packets.map((packet) => Number(packet.pts_time)).sort((x, y) => x - y);
    const first = times[0] ?? 0;
    const decoded = Math.min(...(probed.packets ?? []).map(({ dts_time }) => Number(dts_time)));
    assert.equal(decoded, 0, 'the file begins at once');
    times.forEach((time, i) => {
      assert.ok(Math.abs(time - first - i / 20) < 0.0011, `frame ${i} at ${time}`);
    });
    assert.ok(packets.every(({ pts_time, dts_time }) => Number(dts_time) <= Number(pts_time)));
    if ('audio' in options) {
      const audio = probed.streams.find((stream) => stream.codec_type === 'audio');
      assert.equal(audio?.codec_name, 'aac');
      const delay = 'audioDelay' in options ? options.audioDelay : 0;
      const missing = Number(audio?.nb_read_frames) - ((3 - delay) * 48_000) / 1024;
      assert.ok(Math.abs(missing) < 5, `${audio?.nb_read_frames} frames of audio`);
      const begins = probed.packets?.find((packet) => packet.codec_type === 'audio')?.pts_time;
      assert.ok(Math.abs(Number(begins) - first - delay) < 0.05, `audio begins at ${begins} s`);
    }
  });
}

test('a clip by server timestamps has what was sent later behind what was sent before', async (t) => {
  const { url } = await startService(t);
  await createStream(url, 'demo');
  const sentS = Date.now() / 1000;
  for (const producerS of [sentS - 500, sentS - 600]) {
    await putDocument(url, 'demo', h264Document(), {
      headers: {
        'x-amzn-fragment-timecode-type': 'RELATIVE',
        'x-amzn-producer-start-timestamp': producerS.toFixed(3),
      },
    });
  }
  const { body } = await call(url, '/listFragments', { StreamName: 'demo' });
  const fragments = body['Fragments'] as { ServerTimestamp: number }[];
  const lastS = Math.max(...fragments.map(({ ServerTimestamp }) => ServerTimestamp));
  const clip = await media(url, '/getClip', {
    StreamName: 'demo',
    ClipFragmentSelector: {
      FragmentSelectorType: 'SERVER_TIMESTAMP',
      TimestampRange: { StartTimestamp: sentS - 60, EndTimestamp: lastS },
    },
  });
  const file = join(temporaryFolder(t), 'clip.mp4');
  writeFileSync(file, clip);
  const { packets = [] } = await ffprobe(file, '-show_packets');
  assert.equal(packets.length, 120);
  for (const [i, { pts_time }] of packets.entries()) {
    assert.ok(Math.abs(Number(pts_time) - i / 20) < 0.002, `frame ${i} at ${pts_time}`);
  }
});

for (const [name, encoder] of [
  ['A-law', 'pcm_alaw'],
  ['µ-law', 'pcm_mulaw'],
] as const) {
  test(`GetClip and DASH have ${name}, HLS the video alone`, async (t) => {
    const { url } = await startService(t);
    await createStream(url, 'demo');
    await putDocument(url, 'demo', g711Document(encoder));
    const selector = {
      FragmentSelectorType: 'PRODUCER_TIMESTAMP',
      TimestampRange: { StartTimestamp: 0, EndTimestamp: 10 },
    };
    const StreamName = 'demo';
    const clip = await media(url, '/getClip', { StreamName, ClipFragmentSelector: selector });
    const file = join(temporaryFolder(t), 'clip.mp4');
    writeFileSync(file, clip);
    const sessionOf = async (protocol: string) => {
      const more = { PlaybackMode: 'ON_DEMAND', [`${protocol}FragmentSelector`]: selector };
      const path = `/get${protocol}StreamingSessionURL`;
      const { body } = await call(url, path, { StreamName, ...more });
      return String(body[`${protocol}StreamingSessionURL`]);
    };
    for (const input of [file, await sessionOf('DASH')]) {
      const { streams, packets = [] } = await ffprobe(input, '-show_packets');
      const audio = streams.find(({ codec_type }) => codec_type === 'audio');
      assert.equal(audio?.codec_name, encoder, input);
      const bytes = packets
        .filter(({ codec_type }) => codec_type === 'audio')
        .reduce((sum, { size }) => sum + Number(size), 0);
      // A byte is a sample.
      assert.equal(bytes, 2 * 8000, input);
    }
    const hls = await ffprobe(await sessionOf('HLS'));
    assert.deepEqual(
      hls.streams.map(({ codec_name }) => codec_name),
      ['h264'],
    );
  });
}

test('GetClip and HLS say what is wrong with the media', async (t) => {
  const { url } = await startService(t);
  const range = { StartTimestamp: 0, EndTimestamp: 100 };
  const clip = async (stream: string) => {
    const { errorType } = await call(url, '/getClip', {
      StreamName: stream,
      ClipFragmentSelector: { FragmentSelectorType: 'PRODUCER_TIMESTAMP', TimestampRange: range },
    });
    const hls = await call(url, '/getHLSStreamingSessionURL', { StreamName: stream });
    return [errorType, hls.errorType];
  };
  const put = async (stream: string, head: Uint8Array, input = {}) => {
    await createStream(url, stream, input);
    await putDocument(url, stream, Buffer.concat([head, m.cluster(0), m.block(0)]));
  };
  const unknown = Buffer.from(
    String(m.head().toString('latin1')).replace('/AVC', '/XYZ'),
    'latin1',
  );
  await createStream(url, 'empty');
  assert.deepEqual(await clip('empty'), Array(2).fill('ResourceNotFoundException'));
  await put('unknown', unknown);
  assert.deepEqual(await clip('unknown'), Array(2).fill('UnsupportedStreamMediaTypeException'));
  await put('bare', m.head(m.track(1, Buffer.alloc(0))));
  assert.deepEqual(await clip('bare'), Array(2).fill('MissingCodecPrivateDataException'));
  await put('annexb', m.head(m.track(1, Buffer.from('0000000167640028', 'hex'))));
  assert.deepEqual(await clip('annexb'), Array(2).fill('InvalidCodecPrivateDataException'));
  await put('unretained', m.head(), { DataRetentionInHours: 0 });
  assert.deepEqual(await clip('unretained'), Array(2).fill('NoDataRetentionException'));
});

test('a fragment of as many frames as there may be is played back', async (t) => {
  const { url } = await startService(t);
  await createStream(url, 'demo');
  const parameters = Buffer.from('014d4015ffe10001670100016800', 'hex');
  const frame = m.block(0);
  const frames = Array.from({ length: INGEST_LIMITS.maxFragmentFrames }, () => frame);
  const document = Buffer.concat([m.head(m.track(1, parameters)), m.cluster(0), ...frames]);
  const acks = await putDocument(url, 'demo', document);
  assert.deepEqual(
    acks.map(({ EventType }) => EventType),
    ['BUFFERING', 'RECEIVED', 'PERSISTED'],
  );
  const { body } = await call(url, '/getHLSStreamingSessionURL', { StreamName: 'demo' });
  const master = String(body['HLSStreamingSessionURL']);
  const playlist = (await (await fetch(master)).text()).trim().split('\n').at(-1) ?? '';
  const list = await (await fetch(new URL(playlist, master))).text();
  const segment = list.trim().split('\n').at(-1) ?? '';
  const answer = await fetch(new URL(segment, master));
  assert.equal(answer.status, 200);
  assert.ok((await answer.arrayBuffer()).byteLength > 16 * frames.length);
});
