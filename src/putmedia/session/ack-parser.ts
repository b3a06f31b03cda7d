import { KvsError } from '../../errors/kvs-error.ts';
import type { StatusName } from '../../errors/status.ts';
import type { FragmentAck } from '../uploader-api.ts';
import { ackErrorIdOf } from './ack-errors.ts';
import { type AckFields, type AckProblem, AckScanner } from './ack-scanner.ts';

/** What a parser found; called synchronously from push. */
export type AckParserEvents = {
  ack(ack: FragmentAck): void;
  /** One acknowledgement could not be understood; the ones after it are not affected. */
  problem(error: KvsError): void;
};

const PROBLEMS: Readonly<Record<AckProblem, StatusName>> = {
  'key-start': 'STATUS_INVALID_ACK_KEY_START',
  'value-start': 'STATUS_INVALID_ACK_INVALID_VALUE_START',
  'value-end': 'STATUS_INVALID_ACK_INVALID_VALUE_END',
  'too-deep': 'STATUS_INVALID_ACK_SEGMENT_LEN',
  'too-long': 'STATUS_INVALID_ACK_SEGMENT_LEN',
};

const TYPES: ReadonlySet<string> = new Set([
  'BUFFERING',
  'RECEIVED',
  'PERSISTED',
  'ERROR',
  'IDLE',
] satisfies FragmentAck['type'][]);

function isType(text: string): text is FragmentAck['type'] {
  return TYPES.has(text);
}

/**
 * A timecode as the service wrote it. Some services write it as a decimal fraction; it is rounded
 * to the unit, for acknowledgements are matched exactly.
 */
function timecodeOf(text: string | undefined): bigint | undefined {
  const match = /^\+?(\d{1,20})(?:\.(\d)\d*)?$/.exec(text?.trim() ?? '');
  if (match === null) return undefined;
  const [, whole = '0', tenth = '0'] = match;
  return BigInt(whole) + (tenth >= '5' ? 1n : 0n);
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,9}$/.test(text.trim()) ? Number(text) : undefined;
}

/**
 * Reads the acknowledgements of one PutMedia session
 * (https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_dataplane_PutMedia.html,
 * response elements). Understands `{"EventType":"PERSISTED","FragmentTimecode":1,…}` in any split
 * or merge, names in any case, values with and without quotes, unknown names, nested objects, and
 * the documented wrapper `{ Acknowledgement : { … } }`: whatever object has an event type is an
 * acknowledgement. Upstream loses the rest of a chunk after a fault, this loses one acknowledgement.
 */
export class AckParser {
  readonly #events: AckParserEvents;
  readonly #scanner: AckScanner;
  /** True once an object inside the outermost was an acknowledgement. */
  #isWrapped = false;

  constructor(events: AckParserEvents) {
    this.#events = events;
    this.#scanner = new AckScanner({
      object: (fields, depth) => this.#object(fields, depth),
      problem: (kind, where) => {
        const text = where === '' ? '' : ` near "${where}"`;
        this.#problem(PROBLEMS[kind], `An acknowledgement is not JSON (${kind})${text}`);
      },
    });
  }

  /** Takes the next bytes of the answer's body; they are not kept. */
  push(bytes: Uint8Array): void {
    this.#scanner.push(bytes);
  }

  #object(fields: AckFields, depth: number): void {
    const eventType = fields.get('eventtype') ?? fields.get('ackeventtype');
    if (eventType === undefined) {
      if (depth === 1 && !this.#isWrapped) {
        const names = [...fields.keys()].slice(0, 8).join(', ');
        this.#problem(
          'STATUS_INVALID_PARSED_ACK_TYPE',
          `An acknowledgement has no EventType; it has: ${names === '' ? 'nothing' : names}`,
        );
      }
      this.#isWrapped = false;
      return;
    }
    this.#isWrapped = depth > 1;
    const type = eventType.toUpperCase();
    if (!isType(type)) {
      this.#problem(
        'STATUS_INVALID_PARSED_ACK_TYPE',
        `An acknowledgement has the unknown EventType "${eventType}"`,
      );
      return;
    }
    const timecode = timecodeOf(fields.get('fragmenttimecode'));
    if (timecode === undefined && fields.has('fragmenttimecode')) {
      this.#problem(
        'STATUS_INVALID_ACK_INVALID_VALUE_START',
        `A ${type} acknowledgement has the FragmentTimecode "${fields.get('fragmenttimecode')}", which is not a number`,
      );
    }
    const errorCode = fields.get('errorcode');
    let errorId: number | undefined;
    if (type === 'ERROR') {
      errorId = numberOf(fields.get('errorid')) ?? ackErrorIdOf(errorCode);
      if (errorId === undefined) {
        this.#problem(
          'STATUS_MISSING_ERR_ACK_ID',
          `An ERROR acknowledgement has no ErrorId (ErrorCode ${errorCode ?? 'absent'})`,
        );
      }
    }
    this.#events.ack({
      type,
      timecode,
      fragmentNumber: fields.get('fragmentnumber'),
      errorId,
      errorCode,
    });
  }

  #problem(code: StatusName, message: string): void {
    this.#events.problem(new KvsError(code, message));
  }
}
