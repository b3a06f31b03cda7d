import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startService } from '../support/service.ts';

type Answer = { readonly status: number; readonly body: Record<string, unknown> };

async function ask(url: string, method: string, path: string, body?: unknown): Promise<Answer> {
  const response = await fetch(new URL(path, url), {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

test('faults are added, listed, read and removed over HTTP, and their kinds explained', async (t) => {
  const { url, faults } = await startService(t);
  const added = await ask(url, 'POST', '/api/faults', { kind: 'drop', stream: 'demo', count: 2 });
  assert.deepEqual(added, {
    status: 201,
    body: { id: '1', kind: 'drop', stream: 'demo', count: 2, state: 'active', strikes: 0 },
  });
  await ask(url, 'POST', '/api/faults', { kind: 'error', status: 503, operation: 'putmedia' });
  const listed = await ask(url, 'GET', '/api/faults');
  const [, error] = listed.body['faults'] as [unknown, Record<string, unknown>];
  assert.equal(error['operation'], 'PutMedia');
  const kinds = listed.body['kinds'] as { kind: string; fields: { name: string }[] }[];
  assert.deepEqual(
    kinds.find(({ kind }) => kind === 'throttle')?.fields.map(({ name }) => name),
    [
      ...['perSecond', 'exception', 'operation', 'stream'],
      ...['skip', 'every', 'count', 'afterMs', 'forMs'],
    ],
  );
  assert.equal((await ask(url, 'DELETE', '/api/faults/1')).body['state'], 'over');
  assert.equal((await ask(url, 'GET', '/api/faults/1')).body['state'], 'over');
  assert.equal(faults.list()[0]?.state, 'over');
  assert.equal((await ask(url, 'DELETE', '/api/faults')).status, 200);
  assert.deepEqual(faults.list(), []);
  assert.equal((await ask(url, 'DELETE', '/api/faults/2')).status, 404);
  assert.equal((await ask(url, 'PUT', '/api/faults', {})).status, 404);
});

test('a fault that has something wrong is refused with a sentence that says what', async (t) => {
  const { url, faults } = await startService(t);
  for (const [fault, sentence] of [
    ['drop', /not a JSON object/],
    [{}, /A fault needs a kind: error, throttle, /],
    [{ kind: 'explode' }, /There is no fault "explode": error, /],
    [{ kind: 'drop', much: 1 }, /The fault drop has no "much": how, /],
    [{ kind: 'error' }, /The fault error needs status: HTTP status/],
    [{ kind: 'error', status: 200 }, /status of the fault error must be .* 400 to 599, not 200/],
    [{ kind: 'error-ack', errorId: 4014 }, /errorId .* must be one of 4000, .*, not 4014/],
    [{ kind: 'delay-acks', delayMs: '5' }, /delayMs .* must be a whole number .*, not "5"/],
    [{ kind: 'drop', operation: 'PutMedium' }, /There is no operation "PutMedium": CreateStream, /],
    [{ kind: 'drop', count: 0 }, /count of the fault drop must be .* not 0/],
    [{ kind: 'drop', stream: '' }, /stream of the fault drop must be a text/],
    [{ kind: 'drop', operation: 'GetMedia', afterFragments: 1 }, /afterFragments is for PutMedia/],
    [{ kind: 'delay-acks', delayMs: 1, operation: 'PutMedia' }, /has no "operation"/],
  ] as const) {
    const { status, body } = await ask(url, 'POST', '/api/faults', fault);
    assert.equal(status, 400, JSON.stringify(fault));
    assert.match(String(body['Message']), sentence);
  }
  const huge = { kind: 'error', status: 500, html: 'x'.repeat(40_000) };
  assert.equal((await ask(url, 'POST', '/api/faults', huge)).status, 413);
  assert.deepEqual(faults.list(), []);
  await assert.rejects(startService(t, { faults: [{ kind: 'delay', delayMs: -1 }] }), RangeError);
});

test('pages of other sites and other hosts’ names get at no fault', async (t) => {
  const { url, faults } = await startService(t);
  const path = new URL('/api/faults', url);
  const body = JSON.stringify({ kind: 'drop' });
  const crossSite = await fetch(path, {
    method: 'POST',
    headers: { origin: 'http://evil.example', 'content-type': 'text/plain' },
    body,
  });
  assert.equal(crossSite.status, 401);
  const own = await fetch(path, { method: 'POST', headers: { origin: url }, body });
  assert.equal(own.status, 201);
  assert.equal(faults.list().length, 1);
});

test('a fault lasts from afterMs for forMs, and waits to be struck reject at its end', async (t) => {
  const { faults } = await startService(t);
  const fault = faults.add({ kind: 'drop', afterMs: 1, forMs: 1 });
  assert.equal(fault.state, 'waiting');
  const states: string[] = [];
  const over = new Promise<void>((resolve) => {
    faults.subscribe(() => {
      states.push(fault.state);
      if (fault.state === 'over') resolve();
    });
  });
  await assert.rejects(fault.struck(), /The fault drop has struck 0 times/);
  await over;
  assert.deepEqual(states, ['active', 'over']);
});
