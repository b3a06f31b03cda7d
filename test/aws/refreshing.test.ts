import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RefreshFailure } from '../../src/aws/credentials/credential-settings.ts';
import { RefreshingProvider } from '../../src/aws/credentials/refreshing.ts';
import type { AwsCredentials } from '../../src/aws/signing/aws-credentials.ts';
import { ClockSkew } from '../../src/aws/signing/clock-skew.ts';
import { KvsError } from '../../src/errors/kvs-error.ts';
import { silentLogger } from '../../src/runtime/logger.ts';
import { ManualClock } from '../support/manual-clock.ts';

const HOUR_MS = 3_600_000;

type Setup = {
  lifetimeMs?: number | undefined;
  maxAgeMs?: number;
  random?: number;
};

function setUp({ lifetimeMs = HOUR_MS, maxAgeMs = 40 * 60_000, random = 0 }: Setup = {}) {
  const clock = new ManualClock('2026-11-21T12:00:00Z');
  const failures: RefreshFailure[] = [];
  const state = { fetches: 0, failing: false, lifetimeMs: lifetimeMs as number | undefined };
  const provider = new RefreshingProvider({
    name: () => 'test',
    fetch: async (): Promise<AwsCredentials> => {
      state.fetches += 1;
      if (state.failing) throw new KvsError('STATUS_IOT_FAILED', 'test said no');
      const base = { accessKeyId: `key-${state.fetches}`, secretAccessKey: 's' };
      return state.lifetimeMs === undefined
        ? base
        : { ...base, expiration: new Date(clock.nowMs() + state.lifetimeMs) };
    },
    maxAgeMs,
    clock,
    random: () => random,
    log: silentLogger,
    skew: new ClockSkew(clock),
    onRefreshFailed: (failure) => void failures.push(failure),
  });
  return { clock, provider, state, failures };
}

test('credentials are fetched once for all who wait, and kept', async () => {
  const { provider, state } = setUp();
  const [a, b] = await Promise.all([provider.get(), provider.get()]);
  assert.equal(a, b);
  assert.equal((await provider.get()).accessKeyId, 'key-1');
  assert.equal(state.fetches, 1);
});

test('new credentials are fetched by a timer before the old ones run out', async () => {
  const { clock, provider, state } = setUp({ lifetimeMs: 600_000 });
  const first = await provider.get();
  // 1 % of jitter and 38 s before the end.
  await clock.advance(600_000 * 0.99 - 38_000 - 1);
  assert.equal(state.fetches, 1);
  await clock.advance(1);
  assert.equal(state.fetches, 2);
  assert.ok((first.expiration?.getTime() ?? 0) > clock.nowMs());
  assert.equal((await provider.get()).accessKeyId, 'key-2');
});

test('jitter spreads the fetches of many devices over a fifth of the lifetime', async () => {
  const early = setUp({ lifetimeMs: 600_000, random: 0.999999 });
  await early.provider.get();
  const late = setUp({ lifetimeMs: 600_000, random: 0 });
  await late.provider.get();
  const spreadMs = (late.clock.nextTimerMs ?? 0) - (early.clock.nextTimerMs ?? 0);
  assert.ok(Math.abs(spreadMs - 0.19 * 600_000) < 10, `spread is ${spreadMs}`);
});

test('rotation-period bounds how long credentials are kept that would serve longer', async () => {
  const { clock, provider, state } = setUp({ lifetimeMs: 12 * HOUR_MS, maxAgeMs: 600_000 });
  await provider.get();
  await clock.advance(600_000);
  assert.equal(state.fetches, 2);
});

test('credentials without an end are fetched again after the longest age', async () => {
  const { clock, provider, state } = setUp();
  state.lifetimeMs = undefined;
  await provider.get();
  await clock.advance(40 * 60_000);
  assert.equal(state.fetches, 2);
});

test('a failing refresh is repeated with back-off while the old credentials serve', async () => {
  const { clock, provider, state, failures } = setUp({ lifetimeMs: 600_000, random: 0.999999 });
  await provider.get();
  state.failing = true;
  await clock.advance(600_000 * 0.8 - 38_000 + 1_000);
  assert.equal((await provider.get()).accessKeyId, 'key-1');
  const before = state.fetches;
  await clock.advance(60_000);
  // 1, 2, 4, 8, 16, 32 s: not a flood.
  assert.ok(state.fetches - before >= 3 && state.fetches - before <= 6, `${state.fetches}`);
  assert.equal((await provider.get()).accessKeyId, 'key-1');
  state.failing = false;
  await clock.advance(60_000);
  assert.notEqual((await provider.get()).accessKeyId, 'key-1');
  const [first] = failures;
  assert.equal(first?.provider, 'test');
  assert.ok((first?.validForMs ?? 0) > 0);
  assert.ok(first?.error instanceof KvsError);
});

test('when the old credentials are gone the failure is the answer, and a later try may succeed', async () => {
  const { clock, provider, state, failures } = setUp({ lifetimeMs: 60_000 });
  await provider.get();
  state.failing = true;
  await clock.advance(61_000);
  await assert.rejects(provider.get(), /test said no/);
  assert.equal(failures.at(-1)?.validForMs, 0);
  state.failing = false;
  assert.match((await provider.get()).accessKeyId, /key-/);
});

test('forceRefresh fetches although the old credentials look valid', async () => {
  const { provider, state } = setUp();
  await provider.get();
  assert.equal((await provider.get({ forceRefresh: true })).accessKeyId, 'key-2');
  state.failing = true;
  await assert.rejects(provider.get({ forceRefresh: true }), /test said no/);
});

test('a source that gives the same credentials again is asked every few minutes, not at once', async () => {
  const clock = new ManualClock('2026-11-21T12:00:00Z');
  let fetches = 0;
  const expiration = new Date(clock.nowMs() + 2 * HOUR_MS);
  const provider = new RefreshingProvider({
    name: () => 'imds',
    fetch: async () => {
      fetches += 1;
      return { accessKeyId: 'same', secretAccessKey: 's', expiration };
    },
    maxAgeMs: 24 * HOUR_MS,
    clock,
    random: () => 0,
    log: silentLogger,
    skew: new ClockSkew(clock),
  });
  await provider.get();
  await clock.advance(2 * HOUR_MS * 0.99 - 38_000 - 600_000);
  assert.equal(fetches, 1);
  await provider.get({ forceRefresh: true });
  await clock.advance(299_000);
  assert.equal(fetches, 2);
  await clock.advance(1_000);
  assert.equal(fetches, 3);
});

test('a closed provider has no timer', async () => {
  const { clock, provider, state } = setUp();
  await provider.get();
  provider.close();
  assert.equal(clock.nextTimerMs, undefined);
  await clock.advance(2 * HOUR_MS);
  assert.equal(state.fetches, 1);
});
