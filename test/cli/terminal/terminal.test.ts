// What people see: the bar of put, the line of get, and the status of pipelines.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { words } from '../../e2e/support/run.ts';
import { startService, temporaryFolder } from '../../local/support/service.ts';
import { ffmpeg, testPicture } from '../put/support/put.ts';
import { openTerminal } from '../support/terminal.ts';

const PIPELINE =
  'videotestsrc is-live=true ! video/x-raw,width=160,height=120 ! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=15 ! h264parse ! kvssink stream-name=door';

test('put draws one bar with part, sizes, rate and time to go, as wide as the terminal, and takes it away', async (t) => {
  const service = await startService(t);
  const file = join(temporaryFolder(t), 'film.mkv');
  ffmpeg(...testPicture(20), '-c:v', 'libx264', '-preset', 'ultrafast', '-g', '30', file);
  const fault = service.faults.add({
    ...({ kind: 'stall', direction: 'in' } as const),
    ...{ operation: 'PutMedia', afterFragments: 5 },
  });
  const terminal = openTerminal(t, service.url, { columns: 70, rows: 10 }, [
    ...['put', '--stream-name', 'x', file],
  ]);
  const bar =
    /^\[#+\.+\] +([1-9]\d?) % (\d\.\d) MB of (\d\.\d) MB, \d+\.\d MB\/s, \d\d:\d\d to go$/m;
  const screen = await terminal.shows(bar);
  assert.equal(screen.match(/ MB of /g)?.length, 1, screen);
  const [row = '', percent, done, all] = bar.exec(screen) ?? [];
  assert.ok(row.length > 60 && row.length < 70, row);
  assert.ok(Math.abs(Number(percent) / 100 - Number(done) / Number(all)) < 0.05, row);
  fault.remove();
  const end = await terminal.shows(/exit code 0/);
  assert.match(end.replaceAll('\n', ''), /film\.mkv: 600 frames in 20 fragments in stream x/);
  assert.doesNotMatch(end, /MB of/);
});

test('a pipeline has one line of status, that fits the terminal, below what else is printed', async (t) => {
  const { url } = await startService(t);
  const terminal = openTerminal(t, url, { columns: 60, rows: 20 }, words(PIPELINE));
  const status = /^door {2}\d+\.\d fps {2}\d+(\.\d+)? \wbit\/s {2}buffer \d+\.\d s\b.*$/m;
  // Drawn more than once.
  await terminal.shows(/ack \d s ago|latency \d+ ms/);
  const screen = await terminal.shows(status);
  assert.equal(screen.match(/ fps /g)?.length, 1, screen);
  assert.match(screen, /Setting pipeline to PLAYING \.\.\..* fps /s);
  terminal.resize({ columns: 20, rows: 20 });
  await terminal.shows(/^door {2}\d+\.\d fps$/m);
  terminal.press('C-c');
  const end = await terminal.shows(/exit code 0/);
  assert.match(end, /Freeing pipeline \.\.\.\n/);
});
