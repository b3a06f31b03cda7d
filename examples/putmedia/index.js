// Sends Matroska from standard input as it is, with a PutMedia request of its own: the API behind
// all producers. It shows what they are for: this one has no buffer and tries nothing twice.
//
//   ffmpeg -i film.mp4 -c copy -f matroska - | npm start STREAM
import { createHash, createHmac } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream/promises';
import { GetDataEndpointCommand, KinesisVideoClient } from '@aws-sdk/client-kinesis-video';
import { fromNodeProviderChain } from '@aws-sdk/credential-providers';
import { HttpRequest } from '@smithy/protocol-http';
import { SignatureV4 } from '@smithy/signature-v4';

/** node:crypto as @smithy/signature-v4 asks for it; with a key it is an HMAC. */
class Sha256 {
  /** @param {any} [key] */
  constructor(key) {
    this.hash = key === undefined ? createHash('sha256') : createHmac('sha256', key);
  }
  /** @param {any} data */
  update(data) {
    this.hash.update(data);
  }
  async digest() {
    return this.hash.digest();
  }
  reset() {}
}

const [streamName] = process.argv.slice(2);
if (streamName === undefined) {
  console.error('usage: … | npm start STREAM');
  process.exit(2);
}
const region = process.env['AWS_REGION'] ?? 'us-west-2';
const credentials = fromNodeProviderChain();
const endpoint = process.env['CONTROL_PLANE_URI'];
const client = new KinesisVideoClient({ region, credentials, ...(endpoint && { endpoint }) });
const command = new GetDataEndpointCommand({ StreamName: streamName, APIName: 'PUT_MEDIA' });
const { DataEndpoint = '' } = await client.send(command);

const { protocol, hostname, port, host } = new URL(DataEndpoint);
const signer = new SignatureV4({ service: 'kinesisvideo', region, credentials, sha256: Sha256 });
// The body is not part of the signature.
const { headers } = await signer.sign(
  new HttpRequest({
    method: 'POST',
    path: '/putMedia',
    headers: {
      host,
      'x-amzn-stream-name': streamName,
      'x-amzn-fragment-timecode-type': 'RELATIVE',
      'x-amzn-producer-start-timestamp': String(Date.now() / 1000),
    },
  }),
);
const { request } = protocol === 'http:' ? http : https;
const call = request({ hostname, port, path: '/putMedia', method: 'POST', headers });
const [[response]] = await Promise.all([once(call, 'response'), pipeline(process.stdin, call)]);
// Acknowledgements: one line of JSON each, for each fragment BUFFERING, RECEIVED and PERSISTED.
for await (const line of createInterface(response)) {
  console.log(line);
  if (JSON.parse(line).EventType === 'ERROR') process.exitCode = 1;
}
if (response.statusCode !== 200) process.exitCode = 1;
