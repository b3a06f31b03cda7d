/** A producer as its User-Agent gives it. */
export type ProducerName = { readonly name: string; readonly version: string | undefined };

/** Names and versions that producers are known to send, by what their header has. */
const KNOWN: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/\bkvs-launch$/, 'kvs-launch'],
  [/^AWS-SDK-KVS\b/, 'Amazon Producer SDK'],
  [/^aws-sdk-js\b/, 'AWS SDK for JavaScript'],
  [/^aws-sdk-java\b/, 'AWS SDK for Java'],
  [/^Boto3\b/i, 'boto3'],
  [/^aws-cli\b/, 'AWS CLI'],
];

/**
 * Who a producer is. The first product of the header (RFC 9110, 10.1.5) is its name and version;
 * for those that are known, a name that people know.
 */
export function producerName(userAgent: string | undefined): ProducerName {
  const text = (userAgent ?? '').trim();
  if (text === '') return { name: 'Unknown producer', version: undefined };
  const [product = ''] = text.split(' ');
  const slash = product.indexOf('/');
  const own = slash < 0 ? product : product.slice(0, slash);
  const version = slash < 0 ? undefined : product.slice(slash + 1) || undefined;
  const known = KNOWN.find(([pattern]) => pattern.test(text))?.[1];
  return { name: known ?? own, version };
}
