import type { IncomingMessage, ServerResponse } from 'node:http';
import { parseJsonObject } from '../http/body.ts';
import { sendJson } from '../http/reply.ts';
import type { Shape, ValueOf } from '../validation/shapes.ts';
import { validate } from '../validation/validate.ts';
import type { Call } from './service-context.ts';

/** One API operation as the router sees it. All are POST. */
export type Operation = {
  /** `CreateStream` */
  readonly name: string;
  /** `/createStream` */
  readonly path: string;
  /** Whether the signature covers an empty body and the body follows as a stream. */
  readonly streamsBody: boolean;
  /** Answers the request; what it throws before the answer began becomes an error answer. */
  handle(
    body: Buffer,
    call: Call,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void>;
};

type JsonDefinition<S extends Shape> = {
  readonly name: string;
  readonly path: string;
  readonly input: S;
  /** Returns what goes out as JSON. */
  run(input: ValueOf<S>, call: Call): unknown;
};

/** An operation with JSON in and JSON out. */
export function jsonOperation<S extends Shape>(definition: JsonDefinition<S>): Operation {
  const { name, path, input } = definition;
  return {
    name,
    path,
    streamsBody: false,
    async handle(body, call, _request, response) {
      const value = validate(input, parseJsonObject(body));
      sendJson(response, 200, (await definition.run(value, call)) ?? {});
    },
  };
}

type MediaDefinition<S extends Shape> = {
  readonly name: string;
  readonly path: string;
  readonly input: S;
  /** Writes the media itself; throws before the first byte, or ends the response. */
  run(input: ValueOf<S>, call: Call, response: ServerResponse): Promise<void>;
};

/** An operation with JSON in and media out. */
export function mediaOperation<S extends Shape>(definition: MediaDefinition<S>): Operation {
  const { name, path, input } = definition;
  return {
    name,
    path,
    streamsBody: false,
    async handle(body, call, _request, response) {
      await definition.run(validate(input, parseJsonObject(body)), call, response);
    },
  };
}

/** Greatest JSON body: 1000 fragment numbers of 128 digits are the largest honest one. */
export const MAX_JSON_BYTES = 256 * 1024;
