import type { IncomingMessage } from 'node:http';
import { ServiceError } from '../errors/service-error.ts';
import { PutMediaRequest } from '../ingest/put-media-request.ts';
import type { LocalStream } from '../streams/local-stream.ts';
import * as members from '../validation/members.ts';
import { oneOf, structure, text } from '../validation/shapes.ts';
import { validate } from '../validation/validate.ts';
import type { Operation } from './operation.ts';
import type { ServiceContext } from './service-context.ts';

/** Sessions of a stream that are open in any way, such as to send their last acks. */
const MAX_OPEN_SESSIONS = 10;

const parameters = structure(
  {
    StreamName: members.streamName,
    StreamARN: members.streamArn,
    FragmentTimecodeType: oneOf('ABSOLUTE', 'RELATIVE'),
    // Amazon's C producer does not pad the fraction: 12.005 s comes as 12.5.
    ProducerStartTimestamp: text(1, 32, '[0-9]+(\\.[0-9]*)?'),
    FragmentAcknowledgmentRequired: oneOf('0', '1', 'true', 'false'),
  },
  'FragmentTimecodeType',
);

/**
 * PutMedia: parameters in headers, the media as the body.
 * https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_dataplane_PutMedia.html
 */
export const putMedia: Operation = {
  name: 'PutMedia',
  path: '/putMedia',
  streamsBody: true,
  async handle(_body, { context, exchange }, request, response) {
    const input = validate(parameters, {
      StreamName: header(request, 'x-amzn-stream-name'),
      StreamARN: header(request, 'x-amzn-stream-arn'),
      FragmentTimecodeType: header(request, 'x-amzn-fragment-timecode-type'),
      ProducerStartTimestamp: header(request, 'x-amzn-producer-start-timestamp'),
      FragmentAcknowledgmentRequired: header(request, 'x-amzn-fragment-acknowledgment-required'),
    });
    if (input.StreamName !== undefined && input.StreamARN !== undefined) {
      throw new ServiceError(
        'InvalidArgumentException',
        'Specify either x-amzn-stream-name or x-amzn-stream-arn, not both.',
      );
    }
    const relative = input.FragmentTimecodeType === 'RELATIVE';
    if (relative && input.ProducerStartTimestamp === undefined) {
      throw new ServiceError(
        'InvalidArgumentException',
        'RELATIVE timecodes need the header x-amzn-producer-start-timestamp.',
      );
    }
    const stream = context.streams.find(input);
    await stream.fragments.ready();
    if (request.destroyed) return;
    makeRoom(stream, context);
    const session = new PutMediaRequest(
      context,
      exchange,
      stream,
      {
        baseMs: relative ? Math.round(Number(input.ProducerStartTimestamp) * 1000) : 0,
        timecodes: relative ? 'RELATIVE' : 'ABSOLUTE',
        acksWanted: !/^(0|false)$/.test(input.FragmentAcknowledgmentRequired ?? '1'),
      },
      request,
      response,
    );
    const ended = session.run();
    if (stream.record.status !== 'ACTIVE') session.refuseInactive(stream.record.status);
    await ended;
  },
};

/**
 * Makes room for one more session. AWS documents one connection for each stream, and in 2019 that
 * the last one is accepted; today that a further one is refused, which here is `refuseProducers`.
 * https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/limits.html
 * A session whose body has ended only waits for its acks, and does not count.
 * @throws ServiceError ConnectionLimitExceededException
 */
function makeRoom({ sessions }: LocalStream, { behaviours, limits }: ServiceContext): void {
  const receiving = [...sessions].filter((session) => session.isReceiving);
  const tooMany = receiving.length + 1 - limits.maxPutMediaPerStream;
  if (tooMany > 0 && behaviours.refuseProducers) {
    throw new ServiceError(
      'ConnectionLimitExceededException',
      `${receiving.length} producers are already sending to the stream.`,
    );
  }
  for (const session of receiving.slice(0, Math.max(0, tooMany))) session.supersede();
  const [oldest] = sessions;
  if (sessions.size >= MAX_OPEN_SESSIONS) oldest?.cutOff();
}

function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}
