import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '../../../src/runtime/clock.ts';
import { call, createStream } from '../support/client.ts';
import { h264Document } from '../support/media.ts';
import { putDocument } from '../support/put-media.ts';
import { startService } from '../support/service.ts';
import { ffprobe } from '../support/tools.ts';

async function fetchText(url: string): Promise<string> {
  return (await fetch(url)).text();
}

/** The media playlist behind a session's URL, and that playlist's own address. */
async function mediaPlaylist(master: string): Promise<{ url: string; text: string }> {
  const line = (await fetchText(master)).split('\n').find((text) => /^[^#]/.test(text)) ?? '';
  const url = new URL(line, master).href;
  return { url, text: await fetchText(url) };
}

/** The playlists of all tracks behind a session's URL, and their own addresses. */
async function mediaPlaylists(master: string): Promise<{ url: string; text: string }[]> {
  const uris = (await fetchText(master)).matchAll(/^#EXT-X-MEDIA:.*URI="(.*)"|^([^#].+)$/gm);
  const urls = [...uris].map(([, audio, video]) => new URL(audio ?? video ?? '', master).href);
  return Promise.all(urls.map(async (url) => ({ url, text: await fetchText(url) })));
}

async function session(service: string, input: Record<string, unknown>): Promise<string> {
  const answer = await call(service, '/getHLSStreamingSessionURL', {
    StreamName: 'demo',
    ...input,
  });
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return String(answer.body['HLSStreamingSessionURL']);
}

function relative(startSeconds: number) {
  return {
    headers: {
      'x-amzn-fragment-timecode-type': 'RELATIVE',
      'x-amzn-producer-start-timestamp': String(startSeconds),
    },
  };
}

test('an on-demand playlist has all fragments of its range and an end', async (t) => {
  const { url } = await startService(t);
  await createStream(url, 'demo');
  await putDocument(url, 'demo', h264Document());
  const master = await session(url, {
    PlaybackMode: 'ON_DEMAND',
    HLSFragmentSelector: {
      FragmentSelectorType: 'PRODUCER_TIMESTAMP',
      TimestampRange: { StartTimestamp: 0, EndTimestamp: 1.5 },
    },
    DisplayFragmentTimestamp: 'ALWAYS',
  });
  assert.match(await fetchText(master), /CODECS="avc1\.[0-9a-f]{6}",RESOLUTION=160x120/);
  const { text } = await mediaPlaylist(master);
  assert.equal(text.match(/#EXTINF:1\.000,/g)?.length, 2);
  assert.match(text, /#EXT-X-PLAYLIST-TYPE:VOD\n/);
  assert.match(text, /#EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:00:01\.000Z/);
  assert.equal(text.match(/#EXT-X-MAP/g)?.length, 1);
  assert.doesNotMatch(text, /DISCONTINUITY\n/);
  assert.ok(text.endsWith('#EXT-X-ENDLIST\n'));
});

test('a live playlist moves on, its sequence numbers with it', async (t) => {
  const { url } = await startService(t);
  await createStream(url, 'demo');
  await putDocument(url, 'demo', h264Document(), relative(1_795_253_000));
  const master = await session(url, {
    MaxMediaPlaylistFragmentResults: 2,
    HLSFragmentSelector: { FragmentSelectorType: 'PRODUCER_TIMESTAMP' },
    DiscontinuityMode: 'ON_DISCONTINUITY',
  });
  const first = await mediaPlaylist(master);
  assert.match(first.text, /#EXT-X-MEDIA-SEQUENCE:1\n/);
  assert.equal(first.text.match(/#EXTINF/g)?.length, 2);
  assert.doesNotMatch(first.text, /ENDLIST|PLAYLIST-TYPE/);
  const map = /#EXT-X-MAP:URI="(.*)"/;
  const init = first.text.match(map)?.[1] ?? '';
  const header = await (await fetch(new URL(init, first.url))).arrayBuffer();
  // Three more: one that follows at once, after a gap of ten seconds.
  await putDocument(url, 'demo', h264Document(), relative(1_795_253_013));
  const second = await fetchText(first.url);
  assert.match(second, /#EXT-X-MEDIA-SEQUENCE:4\n/);
  assert.match(second, /#EXT-X-DISCONTINUITY-SEQUENCE:1\n/);
  assert.equal(second.match(/#EXTINF/g)?.length, 2);
  // What players take for the same header must have the same address, though its fragment is gone.
  assert.equal(second.match(map)?.[1], init);
  for (let i = 0; i < 40; i += 1) {
    await putDocument(url, 'demo', h264Document(), relative(1_795_253_016 + 3 * i));
    await fetchText(first.url);
  }
  const later = await fetch(new URL(init, first.url));
  assert.deepEqual(await later.arrayBuffer(), header);
});

test('the target duration of a live playlist stays when its longest fragment leaves', async (t) => {
  const { url } = await startService(t);
  await createStream(url, 'demo');
  await putDocument(url, 'demo', h264Document({ gop: 60 }), relative(1_795_253_000));
  const master = await session(url, {
    MaxMediaPlaylistFragmentResults: 2,
    HLSFragmentSelector: { FragmentSelectorType: 'PRODUCER_TIMESTAMP' },
  });
  const first = await mediaPlaylist(master);
  assert.match(first.text, /#EXT-X-TARGETDURATION:3\n/);
  await putDocument(url, 'demo', h264Document(), relative(1_795_253_003));
  const second = await fetchText(first.url);
  assert.equal(second.match(/#EXTINF:1\.000/g)?.length, 2);
  assert.match(second, /#EXT-X-TARGETDURATION:3\n/);
});

test('fragments that arrived in one millisecond are all listed', async (t) => {
  const nowMs = Date.now();
  const { url } = await startService(t, { clock: { ...systemClock, nowMs: () => nowMs } });
  await createStream(url, 'demo');
  await putDocument(url, 'demo', h264Document({ gop: 4 }));
  const master = await session(url, {
    PlaybackMode: 'ON_DEMAND',
    HLSFragmentSelector: {
      FragmentSelectorType: 'SERVER_TIMESTAMP',
      TimestampRange: { StartTimestamp: nowMs / 1000 - 1, EndTimestamp: nowMs / 1000 },
    },
  });
  const { text, url: playlist } = await mediaPlaylist(master);
  assert.equal(text.match(/#EXTINF:0\.200,/g)?.length, 15);
  assert.equal(text.match(/#EXT-X-DISCONTINUITY\n/g)?.length, 14);
  assert.equal((await ffprobe(playlist)).streams[0]?.nb_read_frames, '60');
});

test('a second session with audio has its own header, and both have the same kinds of tracks', async (t) => {
  const { url } = await startService(t);
  await createStream(url, 'demo');
  await putDocument(url, 'demo', h264Document(), relative(0));
  await putDocument(url, 'demo', h264Document({ audio: true }), relative(3));
  const range = { StartTimestamp: 0, EndTimestamp: 10 };
  const selector = { FragmentSelectorType: 'PRODUCER_TIMESTAMP', TimestampRange: range };
  const input = { PlaybackMode: 'ON_DEMAND', HLSFragmentSelector: selector };
  const master = await session(url, input);
  assert.match(await fetchText(master), /CODECS="avc1\.[0-9a-f]{6},mp4a\.40\.2"/);
  const playlists = await mediaPlaylists(master);
  assert.equal(playlists.length, 2);
  for (const [i, { text, url: playlist }] of playlists.entries()) {
    assert.equal(text.match(/#EXT-X-MAP/g)?.length, 2);
    assert.equal(text.match(/#EXT-X-DISCONTINUITY\n#EXT-X-MAP/g)?.length, 1);
    for (const [, map = ''] of text.matchAll(/#EXT-X-MAP:URI="(.*)"/g)) {
      const init = Buffer.from(await (await fetch(new URL(map, playlist))).arrayBuffer());
      // The audio's playlist stands before the video's.
      assert.deepEqual([init.includes('soun'), init.includes('vide')], [i === 0, i === 1]);
    }
  }
  // A clip has one header for all: AWS, too, refuses tracks that change.
  const clip = await call(url, '/getClip', { StreamName: 'demo', ClipFragmentSelector: selector });
  assert.equal(clip.errorType, 'InvalidCodecPrivateDataException');
});

test('silence begins where the sound of the fragment before ended', async (t) => {
  const { url } = await startService(t);
  await createStream(url, 'demo');
  const ended = h264Document({ frames: 20, audio: true, audioEnd: 0.9 });
  await putDocument(url, 'demo', ended, relative(0));
  await putDocument(url, 'demo', h264Document({ frames: 20 }), relative(1));
  const range = { StartTimestamp: 0, EndTimestamp: 10 };
  const selector = { FragmentSelectorType: 'PRODUCER_TIMESTAMP', TimestampRange: range };
  const master = await session(url, {
    PlaybackMode: 'ON_DEMAND',
    HLSFragmentSelector: selector,
  });
  const [sound] = await mediaPlaylists(master);
  const times: number[] = [];
  for (const [, map = '', media = ''] of sound?.text.matchAll(/MAP:URI="(.*)"\n#EXTINF.*\n(.+)/g) ??
    []) {
    const file = join(mkdtempSync(join(tmpdir(), 'kvs-silence-')), 'segment.mp4');
    t.after(() => rmSync(dirname(file), { recursive: true }));
    for (const part of [map, media]) {
      const answer = await fetch(new URL(part, sound?.url));
      appendFileSync(file, Buffer.from(await answer.arrayBuffer()));
    }
    const { packets = [] } = await ffprobe(file, '-show_packets');
    times.push(...packets.map(({ pts_time }) => Number(pts_time)));
  }
  const steps = times.slice(1).map((time, i) => time - (times[i] ?? 0));
  // 2 s of 1024 samples at 48 kHz, one after the other.
  assert.ok(times.length >= 92, `${times.length} frames`);
  assert.deepEqual(
    steps.filter((step) => step < 0.02 || step > 0.025),
    [],
  );
});

test('a session like the one before it needs no new header', async (t) => {
  const { url } = await startService(t);
  await createStream(url, 'demo');
  await putDocument(url, 'demo', h264Document(), relative(0));
  // A muxer makes up a UID for each session.
  const again = Buffer.from(h264Document());
  const uid = again.indexOf(Buffer.from('73c5', 'hex'));
  again[uid + 3] = (again[uid + 3] ?? 0) ^ 0x55;
  await putDocument(url, 'demo', again, relative(3));
  const range = { StartTimestamp: 0, EndTimestamp: 10 };
  const selector = { FragmentSelectorType: 'PRODUCER_TIMESTAMP', TimestampRange: range };
  const input = { PlaybackMode: 'ON_DEMAND', HLSFragmentSelector: selector };
  const { text } = await mediaPlaylist(await session(url, input));
  assert.equal(text.match(/#EXTINF/g)?.length, 6);
  assert.equal(text.match(/#EXT-X-MAP/g)?.length, 1);
  assert.doesNotMatch(text, /DISCONTINUITY/);
});

test('a fragment of a player that fell behind can still be fetched', async (t) => {
  const { url, streams } = await startService(t);
  await createStream(url, 'demo');
  await putDocument(url, 'demo', h264Document());
  const master = await session(url, {});
  const { text, url: playlist } = await mediaPlaylist(master);
  const segment = text.split('\n').find((line) => line.startsWith('getMP4MediaFragment')) ?? '';
  // Sent again, the fragment has another number; the old one leads to it.
  await putDocument(url, 'demo', h264Document());
  const number = new URL(segment, playlist).searchParams.get('FragmentNumber') ?? '';
  assert.equal(await streams.byName('demo')?.fragments.get(number), undefined);
  const response = await fetch(new URL(segment, playlist));
  assert.equal(response.status, 200);
  assert.ok((await response.arrayBuffer()).byteLength > 1000);
});

test('sessions are known by their token alone; the eleventh revokes the first', async (t) => {
  const { url } = await startService(t);
  await createStream(url, 'demo');
  await putDocument(url, 'demo', h264Document());
  const first = await session(url, {});
  assert.equal((await fetch(first)).status, 200);
  const forged = first.replace(/SessionToken=.{8}/, 'SessionToken=AAAAAAAA');
  const refused = await fetch(forged);
  assert.equal(refused.status, 401);
  // A player on another site's page sees why, and not an error of its network.
  assert.equal(refused.headers.get('access-control-allow-origin'), '*');
  for (let i = 0; i < 9; i++) await session(url, {});
  // One that is not opened takes the place of none.
  const TimestampRange = { StartTimestamp: 100, EndTimestamp: 200 };
  const empty = await call(url, '/getHLSStreamingSessionURL', {
    StreamName: 'demo',
    PlaybackMode: 'ON_DEMAND',
    HLSFragmentSelector: { FragmentSelectorType: 'PRODUCER_TIMESTAMP', TimestampRange },
  });
  assert.equal(empty.errorType, 'ResourceNotFoundException');
  assert.equal((await fetch(first)).status, 200);
  await session(url, {});
  assert.equal((await fetch(first)).status, 401);
});

test('arguments are held to the rules of the playback mode, in HLS and DASH', async (t) => {
  const nowMs = 1_795_253_394_000;
  const { url } = await startService(t, { clock: { ...systemClock, nowMs: () => nowMs } });
  await createStream(url, 'demo', {}, { date: new Date(nowMs) });
  const now = nowMs / 1000;
  const by = (FragmentSelectorType: string, StartTimestamp: number, EndTimestamp?: number) => ({
    FragmentSelectorType,
    TimestampRange: { StartTimestamp, EndTimestamp },
  });
  const day = 24 * 3600;
  const refused = [
    ['LIVE', by('PRODUCER_TIMESTAMP', 0)],
    ['LIVE_REPLAY', undefined],
    ['ON_DEMAND', undefined],
    ['ON_DEMAND', { FragmentSelectorType: 'PRODUCER_TIMESTAMP' }],
    ['ON_DEMAND', { TimestampRange: { StartTimestamp: 1, EndTimestamp: 2 } }],
    ['ON_DEMAND', by('PRODUCER_TIMESTAMP', 1)],
    ['ON_DEMAND', by('PRODUCER_TIMESTAMP', 10, 10)],
    ['LIVE_REPLAY', by('PRODUCER_TIMESTAMP', 10, 5)],
    ['ON_DEMAND', by('PRODUCER_TIMESTAMP', 0, day + 0.001)],
    ['ON_DEMAND', by('SERVER_TIMESTAMP', now - 1, now + 0.001)],
    ['LIVE_REPLAY', by('SERVER_TIMESTAMP', now - day - 0.001)],
  ] as const;
  const allowed = [
    ['LIVE', { FragmentSelectorType: 'PRODUCER_TIMESTAMP' }],
    ['LIVE_REPLAY', by('PRODUCER_TIMESTAMP', 0)],
    ['ON_DEMAND', by('PRODUCER_TIMESTAMP', now, now + day)],
    ['ON_DEMAND', by('SERVER_TIMESTAMP', now - day, now)],
  ] as const;
  for (const protocol of ['HLS', 'DASH']) {
    const errorOf = async (mode: string, selector: unknown, input = {}) => {
      const more = { PlaybackMode: mode, [`${protocol}FragmentSelector`]: selector, ...input };
      const path = `/get${protocol}StreamingSessionURL`;
      const options = { date: new Date(nowMs) };
      return (await call(url, path, { StreamName: 'demo', ...more }, options)).errorType;
    };
    for (const [mode, selector] of refused) {
      const said = `${protocol} ${mode} ${JSON.stringify(selector)}`;
      assert.equal(await errorOf(mode, selector), 'InvalidArgumentException', said);
    }
    // The stream is empty.
    for (const [mode, selector] of allowed) {
      assert.equal(await errorOf(mode, selector), 'ResourceNotFoundException', mode);
    }
    const most =
      protocol === 'HLS' ? 'MaxMediaPlaylistFragmentResults' : 'MaxManifestFragmentResults';
    for (const input of [{ Expires: 299 }, { [most]: 0 }, { [most]: 5001 }]) {
      assert.equal(await errorOf('LIVE', undefined, input), 'InvalidArgumentException');
    }
  }
});

test('a range has the fragments that start in it', async (t) => {
  const { url } = await startService(t);
  await createStream(url, 'demo');
  await putDocument(url, 'demo', h264Document());
  const listed = async (StartTimestamp: number, EndTimestamp: number) => {
    const TimestampRange = { StartTimestamp, EndTimestamp };
    const selector = { FragmentSelectorType: 'PRODUCER_TIMESTAMP', TimestampRange };
    const input = { PlaybackMode: 'ON_DEMAND', HLSFragmentSelector: selector };
    const { text } = await mediaPlaylist(await session(url, input));
    return text.match(/#EXTINF/g)?.length;
  };
  assert.deepEqual([await listed(0.5, 2), await listed(0, 1.999), await listed(1, 1.5)], [2, 2, 1]);
});

test('a replay begins with five fragments and goes on at the pace of its media', async (t) => {
  let nowMs = Date.now();
  const { url } = await startService(t, { clock: { ...systemClock, nowMs: () => nowMs } });
  await createStream(url, 'demo');
  // Nine fragments of a second.
  await putDocument(url, 'demo', h264Document({ frames: 180 }), relative(0));
  const TimestampRange = { StartTimestamp: 1, EndTimestamp: 7 };
  const master = await session(url, {
    PlaybackMode: 'LIVE_REPLAY',
    HLSFragmentSelector: { FragmentSelectorType: 'PRODUCER_TIMESTAMP', TimestampRange },
    DisplayFragmentTimestamp: 'ALWAYS',
  });
  const first = await mediaPlaylist(master);
  const shown = async () => {
    const text = await fetchText(first.url);
    const times = [...text.matchAll(/1970-01-01T00:00:0(\d)/g)].map(([, second]) => Number(second));
    return [...times, ...(text.includes('#EXT-X-ENDLIST') ? ['end'] : [])];
  };
  assert.deepEqual(await shown(), [1, 2, 3, 4, 5]);
  nowMs += 999;
  assert.deepEqual(await shown(), [1, 2, 3, 4, 5]);
  nowMs += 1;
  assert.deepEqual(await shown(), [2, 3, 4, 5, 6]);
  assert.match(await fetchText(first.url), /#EXT-X-MEDIA-SEQUENCE:2\n/);
  nowMs += 1000;
  assert.deepEqual(await shown(), [3, 4, 5, 6, 7]);
  nowMs += 1000;
  assert.deepEqual(await shown(), [3, 4, 5, 6, 7, 'end']);
  nowMs += 10_000;
  assert.deepEqual(await shown(), [3, 4, 5, 6, 7, 'end']);
});

test('of copies with one producer timestamp, the newer one is listed', async (t) => {
  const { url, streams } = await startService(t, { behaviours: { keepDuplicates: true } });
  await createStream(url, 'demo');
  await putDocument(url, 'demo', h264Document({ frames: 20 }));
  await putDocument(url, 'demo', h264Document({ frames: 20 }));
  const TimestampRange = { StartTimestamp: 0, EndTimestamp: 10 };
  const selector = { FragmentSelectorType: 'PRODUCER_TIMESTAMP', TimestampRange };
  const master = await session(url, { PlaybackMode: 'ON_DEMAND', HLSFragmentSelector: selector });
  const { text } = await mediaPlaylist(master);
  const listed = [...text.matchAll(/getMP4MediaFragment.mp4\?FragmentNumber=(\d+)/g)];
  const newest = streams.byName('demo')?.fragments.newest?.number;
  assert.deepEqual(
    listed.map(([, number]) => number),
    [newest],
  );
});

for (const [gapMs, marks] of [
  [50, 0],
  [51, 1],
] as const) {
  test(`a gap of ${gapMs} ms is ${marks === 0 ? 'no' : 'a'} discontinuity`, async (t) => {
    const { url } = await startService(t);
    await createStream(url, 'demo');
    await putDocument(url, 'demo', h264Document({ frames: 20 }), relative(0));
    await putDocument(url, 'demo', h264Document({ frames: 20 }), relative(1 + gapMs / 1000));
    const TimestampRange = { StartTimestamp: 0, EndTimestamp: 10 };
    const selector = { FragmentSelectorType: 'PRODUCER_TIMESTAMP', TimestampRange };
    const { text } = await mediaPlaylist(
      await session(url, {
        PlaybackMode: 'ON_DEMAND',
        HLSFragmentSelector: selector,
        DiscontinuityMode: 'ON_DISCONTINUITY',
      }),
    );
    assert.equal(text.match(/#EXTINF/g)?.length, 2);
    assert.equal(text.match(/#EXT-X-DISCONTINUITY\n/g)?.length ?? 0, marks);
  });
}
