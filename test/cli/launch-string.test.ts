import assert from 'node:assert/strict';
import { test } from 'node:test';
import { launchString } from '../../src/cli/launch/launch-string.ts';

const CASES: readonly (readonly [args: string[], launch: string])[] = [
  [['videotestsrc', '!', 'fakesink'], 'videotestsrc ! fakesink'],
  [['kvssink', 'stream-name=my stream'], 'kvssink stream-name=my\\ stream'],
  [['video/x-raw, width=320'], 'video/x-raw,\\ width=320'],
  [['stream-name="a b"', 'x'], 'stream-name="a b" x'],
  [['s="a \\" b" c'], 's="a \\" b"\\ c'],
  [['stream-tags=tags,a=(string)b'], 'stream-tags=tags,a=(string)b'],
  [['videotestsrc ! fakesink'], 'videotestsrc\\ !\\ fakesink'],
];

test("arguments become a launch string by gst-launch's rule", () => {
  for (const [args, launch] of CASES) assert.equal(launchString(args), launch);
});
