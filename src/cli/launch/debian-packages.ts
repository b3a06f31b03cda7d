import { findNativeFiles } from '../../host/native/native-files.ts';
import { noexecAdvice } from '../../host/native/noexec-mount.ts';
import { featureKey, type MissingFeature, type PackageIndex, readAptLists } from './apt-lists.ts';

const BASE = 'gstreamer1.0-plugins-base';
const GOOD = 'gstreamer1.0-plugins-good';
const BAD = 'gstreamer1.0-plugins-bad';
const UGLY = 'gstreamer1.0-plugins-ugly';
const LIBAV = 'gstreamer1.0-libav';

/**
 * Packages that apt's lists do not tell: of elements that are there only where their hardware or
 * library is, and, for machines without lists, of the documented pipelines' elements.
 */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  'libgstreamer1.0-0': [
    ...['capsfilter', 'fakesink', 'fakesrc', 'fdsink', 'fdsrc', 'filesink', 'filesrc', 'funnel'],
    ...['identity', 'input-selector', 'multiqueue', 'queue', 'queue2', 'tee', 'valve'],
  ],
  [BASE]: [
    ...['appsrc', 'audioconvert', 'audioresample', 'audiotestsrc', 'decodebin', 'opusenc'],
    ...['uridecodebin', 'videoconvert', 'videorate', 'videoscale', 'videotestsrc'],
  ],
  [GOOD]: [
    ...['aacparse', 'alawenc', 'flvdemux', 'jpegdec', 'jpegenc', 'matroskademux', 'mulawenc'],
    ...['qtdemux', 'rtph264depay', 'rtph265depay', 'rtpjpegdepay', 'rtspsrc', 'souphttpsrc'],
    ...['udpsrc', 'v4l2h264dec', 'v4l2h264enc', 'v4l2h265enc', 'v4l2jpegdec', 'v4l2jpegenc'],
    ...['v4l2convert', 'v4l2src'],
  ],
  [BAD]: [
    ...['h264parse', 'h265parse', 'jpegparse', 'nvh264enc', 'nvh265enc', 'openh264enc'],
    ...['rtmp2src', 'rtmpsrc', 'srtsrc', 'tsdemux', 'v4l2slh264dec', 'v4l2slh264enc', 'vah264enc'],
    ...['vah264lpenc', 'vah265enc', 'voaacenc', 'x265enc'],
  ],
  [UGLY]: ['x264enc'],
  [LIBAV]: ['avdec_aac', 'avdec_h264', 'avdec_h265', 'avenc_aac'],
  'gstreamer1.0-alsa': ['alsasrc'],
  'gstreamer1.0-libcamera': ['libcamerasrc'],
  'gstreamer1.0-nice': ['nicesink', 'nicesrc'],
  'gstreamer1.0-pipewire': ['pipewiresink', 'pipewiresrc'],
  'gstreamer1.0-pulseaudio': ['pulsesrc'],
  'gstreamer1.0-rtsp': ['rtspclientsink'],
  'gstreamer1.0-vaapi': ['vaapih264enc', 'vaapih265enc', 'vaapipostproc'],
  'gstreamer1.0-x': ['clockoverlay', 'textoverlay', 'timeoverlay'],
};

/** The same for the schemes of URIs. */
const SCHEMES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    http: GOOD,
    https: GOOD,
    rtmp: BAD,
    rtsp: GOOD,
    rtsps: GOOD,
    srt: BAD,
    udp: GOOD,
  }),
);

/** Platforms whose elements do not exist on Linux, by what upstream's documents use there. */
const ELSEWHERE =
  /^(vtenc_.+|vtdec.*|avfvideosrc|osxaudiosrc|ksvideosrc|mfvideosrc|mfh264enc|omx.+)$/;

/** Boards whose vendor ships the elements, and no package of Debian's. */
const JETSON = /^nv(v4l2.+|arguscamerasrc|vidconv|jpeg(enc|dec))$/;

/** What an error, with its debug text, says is missing; undefined for other errors. */
export function missingFeature(message: string): MissingFeature | undefined {
  const [, element] = /no element "([^"]+)"/.exec(message) ?? [];
  if (element !== undefined) return { kind: 'element', name: element };
  // Of decodebin and its like: Missing decoder: H.265 (Main Profile) (video/x-h265, level=…)
  const [, coder, type = ''] =
    /^Missing (decoder|encoder): .*? \(([\w.+-]+\/[\w.+-]+)[,)]/m.exec(message) ?? [];
  if (coder === 'decoder' || coder === 'encoder') return { kind: coder, name: type };
  const [, kind, scheme = ''] = /no (source|sink) element for URI "([\w+.-]+):/.exec(message) ?? [];
  if (kind !== 'source' && kind !== 'sink') return undefined;
  return { kind, name: scheme.toLowerCase() };
}

/**
 * The Debian package that has a feature, or undefined when none is known to.
 * @param index what apt's lists say; empty where there are none.
 */
export function debianPackageOf(feature: MissingFeature, index: PackageIndex): string | undefined {
  const listed = index.get(featureKey(feature));
  if (listed !== undefined) return listed;
  if (feature.kind === 'decoder') return LIBAV;
  if (feature.kind === 'encoder') return undefined;
  if (feature.kind !== 'element') return SCHEMES.get(feature.name);
  return Object.entries(PACKAGES).find(([, elements]) => elements.includes(feature.name))?.[0];
}

/** What somebody whose pipeline names something missing can do. */
export function missingFeatureAdvice(feature: MissingFeature, index: PackageIndex): string {
  const { kind, name } = feature;
  if (kind === 'element' && name === 'kvssink') return missingKvssinkAdvice();
  const isOfMedia = kind === 'decoder' || kind === 'encoder';
  const what =
    kind === 'element'
      ? `"${name}"`
      : isOfMedia
        ? `${ARTICLES[kind]} ${kind} for ${name}`
        : `a ${kind} for "${name}:"`;
  const known = debianPackageOf(feature, index);
  if (known !== undefined) {
    return (
      `On Debian, Ubuntu and Raspberry Pi OS ${what} is in ${known}: sudo apt-get install ${known}\n` +
      'If that is installed, GStreamer may have blacklisted its plugin: run kvs-launch doctor.'
    );
  }
  if (JETSON.test(name)) return `"${name}" comes with NVIDIA’s JetPack, on Jetson boards only.`;
  if (ELSEWHERE.test(name)) {
    return `"${name}" is not on this platform. For H.264, try x264enc, openh264enc or v4l2h264enc.`;
  }
  if (isOfMedia) return `No package in apt’s lists has ${what}.`;
  return `Is ${what} spelled right? gst-inspect-1.0 lists what is installed.`;
}

/** It is in no package of Debian's: GStreamer found our plugin, and could not load it. */
function missingKvssinkAdvice(): string {
  return (
    noexecAdvice(findNativeFiles().pluginFolder) ??
    'kvssink was not registered: run kvs-launch doctor, which says why, or compile it for this ' +
      'machine: npx kvs-launch build-native.'
  );
}

/** Characters of standard error that hold its last words, with the caps that no decoder is for. */
export const LAST_WORDS = 8_000;

const ARTICLES = { decoder: 'a', encoder: 'an' } as const;

/** Prints the advice below an error's message, if that says that something is missing. */
export async function adviseOnMissingElement(message: string): Promise<void> {
  const missing = missingFeature(message);
  if (missing === undefined) return;
  process.stderr.write(`${missingFeatureAdvice(missing, await readAptLists())}\n`);
}
