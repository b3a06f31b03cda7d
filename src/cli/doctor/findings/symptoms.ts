/** The anchors of docs/2-use/troubleshooting.md that findings refer to; a test compares them. */
export const SYMPTOMS = [
  'no-element-or-the-wrong-kvssink',
  'gstreamer-is-missing-or-too-old',
  'a-plugin-is-installed-but-gstreamer-does-not-find-it',
  'the-camera-is-not-found',
  'the-encoder-does-not-start-or-is-too-slow',
  'not-negotiated-or-could-not-link',
  'no-frames-arrive',
  'the-video-does-not-play',
  'the-latency-is-high',
  'the-timestamps-are-wrong',
  'security-token-invalid-or-no-credentials',
  'access-is-denied',
  'the-stream-is-in-another-region',
  'the-clock-is-wrong',
  'the-service-cannot-be-reached',
  'a-certificate-is-not-trusted',
  'the-proxy-refuses',
  'frames-are-dropped-or-the-store-is-out-of-memory',
  'the-spool-cannot-be-written',
] as const;

/** A heading of that page, as its anchor. */
export type Symptom = (typeof SYMPTOMS)[number];

/** Where a symptom is explained, as seen from the package's folder. */
export function pageOf(symptom: Symptom): string {
  return `docs/2-use/troubleshooting.md#${symptom}`;
}
