import type { IncomingMessage } from 'node:http';

/** The stream that an API request names in its body, or in PutMedia's headers, right or wrong. */
export function streamOf(body: Buffer, { headers }: IncomingMessage): string | undefined {
  const input = parsed(body);
  const name = input['StreamName'] ?? headers['x-amzn-stream-name'];
  if (typeof name === 'string') return name;
  const arn = input['StreamARN'] ?? input['ResourceARN'] ?? headers['x-amzn-stream-arn'];
  return typeof arn === 'string' ? arn.split('/')[1] : undefined;
}

/** The access key that a request says it was signed with; empty if it says none. */
export function accessKeyOf({ url = '', headers }: IncomingMessage): string {
  const signature = `${headers.authorization ?? ''} ${url}`;
  return /\bCredential=([^/%,\s]+)/.exec(signature)?.[1] ?? '';
}

function parsed(body: Buffer): Readonly<Record<string, unknown>> {
  if (body.length === 0) return {};
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    // The operation says what is wrong with it.
    return {};
  }
}
