import { type Dice, mutated, mutatedJson, mutatedText } from './mutate.ts';
import { operationInputs } from './operation-inputs.ts';
import { type HostileWorld, STREAMS, signedHeaders } from './world.ts';

/** What is sent, byte for byte. */
export type HostileRequest = {
  readonly bytes: Buffer;
  /**
   * `whole` is answered whatever is in it, `media` is answered while it comes, of `broken` nobody
   * can say where it ends, and `cut` is left by its client.
   */
  readonly kind: 'whole' | 'media' | 'broken' | 'cut';
};

/** Makes a request by the dice; `lane` keeps requests at the same time apart. */
type Path = (world: HostileWorld, dice: Dice, lane: number) => HostileRequest;

/** Each way in, by its name. */
export const PATHS: ReadonlyMap<string, Path> = new Map<string, Path>([
  ['media', media],
  ['json', json],
  ['headers', headers],
  ['queries', queries],
  ['paths', paths],
  ['sessions', sessions],
  ['faults', faults],
  ['page', page],
  ['http', http],
]);

/** Bodies of PutMedia. */
function media({ service, documents }: HostileWorld, dice: Dice, lane: number): HostileRequest {
  const body = mutated(dice.pick(documents), dice);
  const head = signedHeaders(service.url, '/putMedia', '', {
    'x-amzn-stream-name': STREAMS[lane % STREAMS.length] ?? '',
    'x-amzn-fragment-timecode-type': dice.pick(['ABSOLUTE', 'RELATIVE']),
    'x-amzn-producer-start-timestamp': '1795253394.629',
    'transfer-encoding': 'chunked',
  });
  const chunks: Buffer[] = [];
  for (let at = 0; at < body.length; ) {
    const chunk = body.subarray(at, at + 1 + dice.below(body.length));
    chunks.push(Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n'));
    at += chunk.length;
  }
  const bytes = request(
    'POST',
    '/putMedia',
    head,
    Buffer.concat([...chunks, Buffer.from('0\r\n\r\n')]),
  );
  return dice.chance(0.1)
    ? { bytes: bytes.subarray(0, dice.below(bytes.length)), kind: 'cut' }
    : { bytes, kind: 'media' };
}

/** Bodies of the API's other operations. */
function json(world: HostileWorld, dice: Dice): HostileRequest {
  const [path, input] = dice.pick(operationInputs(world));
  const text = JSON.stringify(mutatedJson(input, dice)) ?? '';
  const body = dice.chance(0.3) ? mutated(Buffer.from(text), dice) : Buffer.from(text);
  return { bytes: post(world, path, body), kind: 'whole' };
}

/** Headers, those of signatures and of PutMedia among them. */
function headers(world: HostileWorld, dice: Dice): HostileRequest {
  const [path, input] = dice.pick(operationInputs(world));
  const body = Buffer.from(JSON.stringify(input));
  const parameters = {
    'x-amzn-stream-name': 'hostile-0',
    'x-amzn-fragment-timecode-type': 'ABSOLUTE',
    'x-amzn-fragment-acknowledgment-required': '1',
    'x-amz-security-token': 'token',
    range: 'bytes=0-1',
    origin: world.service.url,
    'content-type': 'application/json',
  };
  const isPutMedia = dice.chance(0.3);
  const signedBody = isPutMedia ? '' : body;
  const target = isPutMedia ? '/putMedia' : path;
  const sign = (more: Readonly<Record<string, string>>) =>
    Object.entries(signedHeaders(world.service.url, target, signedBody, more));
  // Half of the signatures stay valid, so that what stands behind them is reached.
  const isSignedWhole = dice.chance(0.5);
  const kept = isSignedWhole ? sign({}) : [];
  const entries = (isSignedWhole ? Object.entries(parameters) : sign(parameters)).filter(
    () => !dice.chance(0.1),
  );
  for (let times = 1 + dice.below(2); times > 0; times--) {
    const entry = dice.pick(entries);
    entry[dice.below(2)] = mutatedText(dice.pick(entry), dice).replaceAll(
      /[\r\n]/g,
      dice.chance(0.05) ? '\r\n' : ' ',
    );
  }
  const all = Object.fromEntries([...kept, ...entries, ['content-length', String(body.length)]]);
  return {
    bytes: request('POST', target, all, body),
    kind: 'broken',
  };
}

/** Query strings, of presigned calls as well. */
function queries(world: HostileWorld, dice: Dice): HostileRequest {
  const signed = signedHeaders(world.service.url, '/describeStream', '');
  const [, credential = '', signature = ''] =
    /Credential=([^,]+),.*Signature=(\w+)/.exec(signed['authorization'] ?? '') ?? [];
  const presigned = new URLSearchParams({
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': credential,
    'X-Amz-Date': signed['x-amz-date'] ?? '',
    'X-Amz-Expires': '300',
    'X-Amz-SignedHeaders': 'host',
    'X-Amz-Signature': signature,
  });
  const target = dice.chance(0.5) ? `/describeStream?${presigned}` : dice.pick(world.targets);
  const [path = '', query = 'a=b'] = target.split('?');
  const method = path === '/describeStream' ? 'POST' : 'GET';
  return { bytes: get(world, `${path}?${mutatedText(query, dice)}`, method), kind: 'whole' };
}

/** Paths and methods. */
function paths(world: HostileWorld, dice: Dice): HostileRequest {
  const target = dice.pick([...world.targets, ...operationInputs(world).map(([path]) => path)]);
  const method = dice.pick(['GET', 'GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']);
  return { bytes: get(world, mutatedText(target, dice), method), kind: 'whole' };
}

/** What players fetch: tokens, numbers, and sessions of another protocol. */
function sessions(world: HostileWorld, dice: Dice): HostileRequest {
  const players = world.targets.filter((target) => target.includes('SessionToken'));
  const [path = ''] = dice.pick(players).split('?');
  const query = new URLSearchParams(dice.pick(players).split('?')[1]);
  for (const name of ['FragmentNumber', 'SequenceNumber', 'TrackNumber', 'Format']) {
    if (!dice.chance(0.3)) continue;
    query.set(name, dice.pick([...world.numbers, '0', '1', '-1', '1e9', 'NaN']));
  }
  const [name, value] = dice.pick([...query]);
  if (dice.chance(0.6)) query.set(name, mutatedText(value, dice));
  return { bytes: get(world, `${path}?${query}`), kind: 'whole' };
}

/** Faults that are asked for; what they strike is not sent meanwhile. */
function faults(world: HostileWorld, dice: Dice): HostileRequest {
  const fault = {
    kind: dice.pick([
      'error',
      'throttle',
      'delay',
      'drop',
      'stall',
      'split',
      'error-ack',
      'clock-skew',
    ]),
    stream: 'kept',
    operation: 'PutMedia',
    count: 1,
    every: 2,
    skip: 1,
    afterMs: 5,
    forMs: 5,
    status: 503,
    errorId: 4004,
    delayMs: 10,
    skewMs: 1,
    direction: 'both',
    pieceBytes: 5,
    message: 'no',
  };
  const entries = Object.entries(fault).filter(([name]) => name === 'kind' || dice.chance(0.3));
  const text = JSON.stringify(mutatedJson(Object.fromEntries(entries), dice)) ?? '';
  const body = dice.chance(0.3) ? mutated(Buffer.from(text), dice) : Buffer.from(text);
  if (dice.chance(0.2)) return { bytes: get(world, '/api/faults', 'DELETE'), kind: 'whole' };
  const head = { host: new URL(world.service.url).host, 'content-length': String(body.length) };
  const path = dice.chance(0.1) ? mutatedText('/api/faults/1', dice) : '/api/faults';
  return { bytes: request('POST', path, head, body), kind: 'whole' };
}

/** The page's own API. */
function page(world: HostileWorld, dice: Dice): HostileRequest {
  const target = dice.pick(world.targets.filter((one) => /^\/(api|live)/.test(one)));
  const [path = '', query = ''] = target.split('?');
  const fields = new URLSearchParams(query);
  for (const name of [...fields.keys()]) {
    if (!dice.chance(0.5)) continue;
    fields.set(name, dice.pick(['', '0', '-1', '1e15', 'NaN', 'none', '8.64e15', '../x']));
  }
  return {
    bytes: get(world, dice.chance(0.3) ? mutatedText(target, dice) : `${path}?${fields}`),
    kind: 'whole',
  };
}

/** Bytes on the socket, HTTP no longer. */
function http(world: HostileWorld, dice: Dice): HostileRequest {
  const [path, input] = dice.pick(operationInputs(world));
  const bytes = mutated(post(world, path, Buffer.from(JSON.stringify(input))), dice);
  return dice.chance(0.2)
    ? { bytes: bytes.subarray(0, dice.below(bytes.length + 1)), kind: 'cut' }
    : { bytes, kind: 'broken' };
}

function get(world: HostileWorld, target: string, method = 'GET'): Buffer {
  // One line: what breaks it is the business of `http`.
  const line = target.replaceAll(/[\r\n ]/g, '+');
  return request(method, line, { host: new URL(world.service.url).host }, Buffer.alloc(0));
}

function post(world: HostileWorld, path: string, body: Buffer): Buffer {
  const signed = signedHeaders(world.service.url, path, body, {
    'content-length': String(body.length),
  });
  return request('POST', path, signed, body);
}

function request(
  method: string,
  target: string,
  head: Readonly<Record<string, string>>,
  body: Buffer,
): Buffer {
  const lines = Object.entries({ connection: 'close', ...head }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  return Buffer.concat([
    Buffer.from(`${method} ${target} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`),
    body,
  ]);
}
