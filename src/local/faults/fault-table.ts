import { ACK_ERRORS } from '../errors/error-acks.ts';
import type { Fault, FaultKind, FaultOf } from './fault.ts';

/** What a field of a fault may be; one that has a default may be left out. */
export type FaultField = {
  /** What it means, in words for the command's help and the page. */
  readonly text: string;
  readonly isRequired?: true;
} & (
  | { readonly type: 'integer'; readonly min: number; readonly max: number }
  | { readonly type: 'text'; readonly maxLength: number }
  | { readonly type: 'choice'; readonly choices: readonly (string | number)[] }
);

/** A kind of fault, with everything that can be said of it. */
export type FaultKindRow = {
  readonly text: string;
  readonly fields: Readonly<Record<string, FaultField>>;
};

/** A day: what nobody needs longer is a mistake in the unit. */
const MAX_MS = 24 * 3_600_000;
const MAX_COUNT = 1_000_000_000;

function ms(text: string, min = 0): FaultField {
  return { type: 'integer', min, max: MAX_MS, text };
}

function count(text: string, min: number): FaultField {
  return { type: 'integer', min, max: MAX_COUNT, text };
}

function choice(text: string, ...choices: readonly (string | number)[]): FaultField {
  return { type: 'choice', choices, text };
}

function required(field: FaultField): FaultField {
  return { ...field, isRequired: true };
}

const LIMITS = {
  stream: { type: 'text', maxLength: 256, text: 'the only stream that it strikes' },
  skip: count('spare so many first', 0),
  every: count('then strike one of so many', 1),
  count: count('strike so often, and then no more', 1),
  afterMs: ms('begin so many milliseconds from now'),
  forMs: ms('last so many milliseconds', 1),
} as const satisfies Record<string, FaultField>;

const REQUEST_LIMITS = {
  operation: {
    type: 'text',
    maxLength: 64,
    text: 'the only operation that it strikes, such as PutMedia',
  },
  ...LIMITS,
} as const satisfies Record<string, FaultField>;

const CONNECTION_LIMITS = {
  afterFragments: count('strike a PutMedia connection that has brought so many fragments', 1),
  ...REQUEST_LIMITS,
} as const;

const ACK_LIMITS = {
  event: choice(
    'the only acknowledgements that it strikes (default: all, errors excepted)',
    'BUFFERING',
    'RECEIVED',
    'PERSISTED',
    'IDLE',
  ),
  ...LIMITS,
} as const;

const DIRECTION = choice(
  'in: what the service reads; out: what it sends (default: both)',
  'both',
  'in',
  'out',
);

/** A field for each that the fault has, and no other. */
type FieldsOf<F extends Fault> = Readonly<Record<Exclude<keyof F, 'kind'>, FaultField>>;

/**
 * Every kind of fault. Validation, the command with its help, the page's buttons and the tables of
 * the documentation are made from it.
 */
export const FAULT_TABLE: {
  readonly [K in FaultKind]: { readonly text: string; readonly fields: FieldsOf<FaultOf<K>> };
} = {
  error: {
    text: 'answers with an error in place of a result',
    fields: {
      status: required({ type: 'integer', min: 400, max: 599, text: 'HTTP status' }),
      exception: {
        type: 'text',
        maxLength: 128,
        text: 'name of the exception (default: one of AWS’s with this status)',
      },
      message: { type: 'text', maxLength: 1_000, text: 'what the error says' },
      html: {
        type: 'text',
        maxLength: 10_000,
        text: 'HTML in place of an exception, as proxies answer',
      },
      retryAfterS: {
        type: 'integer',
        min: 0,
        max: 86_400,
        text: 'seconds in a Retry-After header',
      },
      ...REQUEST_LIMITS,
    },
  },
  throttle: {
    text: 'refuses calls beyond a number per second',
    fields: {
      perSecond: count('calls that pass in each second (default: 0)', 0),
      exception: choice(
        'how they are refused (default: ClientLimitExceededException)',
        'ClientLimitExceededException',
        'ThrottlingException',
      ),
      ...REQUEST_LIMITS,
    },
  },
  'expired-credentials': {
    text: 'refuses calls with ExpiredTokenException',
    fields: {
      accessKeyId: {
        type: 'text',
        maxLength: 128,
        text: 'the only access key that has expired (default: every one)',
      },
      ...REQUEST_LIMITS,
    },
  },
  'clock-skew': {
    text: 'the service’s clock is wrong, in Date headers and where it checks signatures',
    fields: {
      skewMs: required({
        type: 'integer',
        min: -10 * 365 * MAX_MS,
        max: 10 * 365 * MAX_MS,
        text: 'milliseconds that it is ahead; behind, if negative',
      }),
      ...REQUEST_LIMITS,
    },
  },
  delay: {
    text: 'answers late',
    fields: { delayMs: required(ms('milliseconds before the answer')), ...REQUEST_LIMITS },
  },
  drop: {
    text: 'cuts the connection',
    fields: {
      how: choice('TCP RST, or FIN in the middle of the answer (default: reset)', 'reset', 'close'),
      ...CONNECTION_LIMITS,
    },
  },
  stall: {
    text: 'keeps the connection open, and nothing moves on it until the fault is over',
    fields: { direction: DIRECTION, ...CONNECTION_LIMITS },
  },
  'half-close': {
    text: 'ends the answer and goes on reading; what still comes is thrown away',
    fields: CONNECTION_LIMITS,
  },
  bandwidth: {
    text: 'makes the connection slow',
    fields: {
      bytesPerSecond: required(count('bytes that pass in a second, per connection', 1)),
      direction: DIRECTION,
      ...CONNECTION_LIMITS,
    },
  },
  split: {
    text: 'sends answers in small pieces, each in a packet of its own',
    fields: {
      pieceBytes: required(count('bytes of a piece', 1)),
      pauseMs: ms('milliseconds between two pieces (default: 1)'),
      ...CONNECTION_LIMITS,
    },
  },
  'delay-acks': {
    text: 'sends acknowledgements late, in their order',
    fields: { delayMs: required(ms('milliseconds that they are late')), ...ACK_LIMITS },
  },
  'withhold-acks': {
    text: 'does not send acknowledgements',
    fields: ACK_LIMITS,
  },
  'error-ack': {
    text: 'refuses a fragment with an ERROR acknowledgement, and ends the session as KVS does',
    fields: {
      errorId: required(choice('id of the error', ...Object.values(ACK_ERRORS))),
      event: choice(
        'in place of which acknowledgement (default: BUFFERING)',
        'BUFFERING',
        'RECEIVED',
        'PERSISTED',
      ),
      ...LIMITS,
    },
  },
};
