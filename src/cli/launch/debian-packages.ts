/** Elements by the Debian 12 and 13 package that has them. Patterns are whole names. */
const PACKAGES: readonly (readonly [name: string, elements: RegExp])[] = [
  ['gstreamer1.0-libav', /^av(dec|enc|demux|mux)_.+$|^avdeinterlace$/],
  ['gstreamer1.0-libcamera', /^libcamera(src|provider)$/],
  ['gstreamer1.0-alsa', /^alsa(src|sink|midisrc)$/],
  ['gstreamer1.0-pulseaudio', /^pulse(src|sink)$/],
  ['gstreamer1.0-pipewire', /^pipewire(src|sink)$/],
  ['gstreamer1.0-vaapi', /^vaapi.+$/],
  ['gstreamer1.0-nice', /^nice(src|sink)$/],
  ['gstreamer1.0-gl', /^gl(imagesink|upload|download|colorconvert|videomixer|testsrc|shader)$/],
  ['gstreamer1.0-x', /^(ximagesink|xvimagesink|(clock|text|time)overlay|textrender)$/],
  ['gstreamer1.0-plugins-ugly', /^(x264enc|asfdemux|amrnbdec|amrnbenc|a52dec|rademux|rmdemux)$/],
  [
    'gstreamer1.0-plugins-base',
    new RegExp(
      '^((video|audio)testsrc|videoconvert|videoscale|videorate|videoconvertscale|audioconvert|' +
        'audioresample|audiorate|audiomixer|volume|appsrc|appsink|decodebin3?|uridecodebin3?|' +
        'playbin3?|encodebin2?|parsebin|typefind.*|compositor|overlaycomposition|opusenc|opusdec|' +
        'theora.+|vorbis.+|ogg.+|tcp(client|server)(src|sink)|rawvideoparse|rawaudioparse|gio.+)$',
    ),
  ],
  [
    'gstreamer1.0-plugins-good',
    new RegExp(
      '^(v4l2.+|rtspsrc|rtp.+|udpsrc|udpsink|multiudpsink|qtdemux|mp4mux|qtmux|matroska(mux|demux)|' +
        'webmmux|flv(mux|demux)|avi(mux|demux)|wav(enc|parse)|alawenc|alawdec|mulawenc|mulawdec|' +
        'aacparse|ac3parse|mpegaudioparse|jpegenc|jpegdec|png(enc|dec)|souphttp.+|auto(video|audio)' +
        '(src|sink)|imagefreeze|multifile(src|sink)|splitmux(src|sink)|videocrop|videoflip|' +
        'videobalance|deinterlace|level|vp[89](enc|dec)|lamemp3enc|ximagesrc|gdkpixbuf.+|rganalysis|' +
        'valve|speexenc|flacenc|flacparse|flacdec|interleave|deinterleave|taginject|progressreport)$',
    ),
  ],
  [
    'gstreamer1.0-plugins-bad',
    new RegExp(
      '^(h26[345]parse|x265enc|openh264(enc|dec)|mpegtsmux|tsdemux|tsparse|mpegpsdemux|' +
        'mpeg(video|4video)parse|jpegparse|vc1parse|av1parse|av1enc|av1dec|vp9parse|opusparse|' +
        'voaacenc|faac|faad|fdkaac(enc|dec)|nv(h264|h265|dec|enc).*|nvh26[45](enc|dec)|va.*(enc|dec|postproc)|' +
        'qsv.+|msdk.+|webrtcbin|srt(src|sink|serversrc|clientsrc)|rtmp2?(src|sink)|hls(sink|sink2|demux)|' +
        'dashdemux|curl.+|fakevideosink|fakeaudiosink|uvch264.+|kmssink|waylandsink|decklink.+|' +
        'fpsdisplaysink|watchdog|errorignore|videoparsers.*|sdpdemux|rtpsrc|rtpsink|avtp.+)$',
    ),
  ],
  [
    'libgstreamer1.0-0',
    /^(filesrc|filesink|fdsrc|fdsink|fakesrc|fakesink|identity|queue2?|multiqueue|tee|capsfilter|funnel|concat|input-selector|output-selector)$/,
  ],
];

/** Platforms whose elements do not exist on Linux, by what upstream's documents use there. */
const ELSEWHERE =
  /^(vtenc_.+|vtdec.*|avfvideosrc|osxaudiosrc|ksvideosrc|mfvideosrc|mfh264enc|omx.+)$/;

/** The Debian package that has an element, or undefined when that is not known. */
export function debianPackageOf(element: string): string | undefined {
  return PACKAGES.find(([, elements]) => elements.test(element))?.[0];
}

/** What somebody whose pipeline names a missing element can do. */
export function missingElementAdvice(element: string): string {
  if (element === 'kvssink') {
    return 'kvssink was not registered: run "npx kvs-launch build-native".';
  }
  const name = debianPackageOf(element);
  if (name !== undefined) {
    return `On Debian, Ubuntu and Raspberry Pi OS "${element}" is in ${name}: sudo apt-get install ${name}`;
  }
  if (ELSEWHERE.test(element)) {
    return `"${element}" is not on this platform. For H.264, try x264enc, openh264enc or v4l2h264enc.`;
  }
  return `Is "${element}" spelled right? gst-inspect-1.0 lists what is installed.`;
}

/** Prints the advice below a parser's message, if that says that an element is missing. */
export function adviseOnMissingElement(message: string): void {
  const missing = /no element "([^"]+)"/.exec(message)?.[1];
  if (missing !== undefined) process.stderr.write(`${missingElementAdvice(missing)}\n`);
}
