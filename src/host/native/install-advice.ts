/** What a machine needs to compile the native parts, as Debian and Ubuntu call it. */
const BUILD_PACKAGES: readonly string[] = [
  'g++',
  'make',
  'python3',
  'pkg-config',
  'libgstreamer1.0-dev',
  'libgstreamer-plugins-base1.0-dev',
];

/** What a machine needs to run the documented pipelines, as Debian and Ubuntu call it. */
export const RUN_PACKAGES: readonly string[] = [
  'gstreamer1.0-tools',
  'gstreamer1.0-plugins-base',
  'gstreamer1.0-plugins-good',
  'gstreamer1.0-plugins-bad',
  'gstreamer1.0-plugins-ugly',
];

const NOT_ON_WINDOWS =
  'Pipelines, camera and rtsp run on Linux and macOS. On Windows, put (of Matroska, MP4 and MPEG-TS ' +
  'files), get, play, streams, spool and local work';

/** The same, to compile and to run, as Alpine calls it. */
const ALPINE_BUILD = 'g++ make python3 pkgconf gstreamer-dev gst-plugins-base-dev';
const ALPINE_RUN =
  'gstreamer-tools gst-plugins-base gst-plugins-good gst-plugins-bad gst-plugins-ugly';

/**
 * How to get GStreamer, or programs that go with it.
 * @param packages Debian's; on macOS Homebrew's one package has everything.
 */
export function gstreamerAdvice(
  packages: readonly string[] = RUN_PACKAGES,
  platform: string = process.platform,
): string {
  if (platform === 'darwin') return 'brew install gstreamer';
  if (platform === 'win32') {
    return 'Install GStreamer (gstreamer.freedesktop.org, the MSVC runtime), and put its bin folder into PATH';
  }
  return `sudo apt-get install ${packages.join(' ')}`;
}

/** How to get a kvssink where the package brings none. */
export function kvssinkAdvice(platform: string, isMusl: boolean): string {
  if (platform === 'win32') return NOT_ON_WINDOWS;
  let needs = `apt-get install ${BUILD_PACKAGES.join(' ')}`;
  if (platform === 'darwin') needs = 'xcode-select --install; brew install gstreamer pkgconf';
  else if (isMusl) needs = `apk add ${ALPINE_BUILD}; to run: apk add ${ALPINE_RUN}`;
  return `Run "npx kvs-launch build-native". It needs: ${needs}`;
}
