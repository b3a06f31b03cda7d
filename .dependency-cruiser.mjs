// Which way the arrows go in src: a room may use those above it in this list and none below, so
// that neither files nor folders go in a circle. `npm run lint` checks it.

/** From the ground up. `folder/` means the files that lie in it, without its subfolders. */
const ROOMS = [
  // What everything stands on.
  'errors',
  'runtime',
  // Codecs: what a frame's bytes say.
  'media/codec',
  'media/bits',
  'media/nal',
  'media/h264',
  'media/h265',
  'media/audio',
  'media/pieces',
  'media/',
  // Matroska: what a fragment's bytes are.
  'matroska',
  // Images of video, by programs that decode.
  'decoding',
  // Fragments in memory, and on a disk where memory has no room.
  'storage',
  'spool',
  // AWS: settings, connections, signatures, credentials, the control plane.
  'aws/settings',
  'aws/network',
  'aws/signing',
  'aws/credentials',
  'aws/',
  // Fragments on their way to the service, and its acknowledgements.
  'putmedia/',
  'putmedia/session',
  'putmedia/uploader',
  // Frames on their way into fragments.
  'producer/info',
  'producer/events',
  'producer/tracks',
  'producer/sources',
  'producer/packaging',
  'producer/path',
  'producer/reports',
  'producer/life',
  'producer/',
  // Fragments on their way back from the service.
  'consumer/fragments',
  'consumer/frames',
  'consumer/files',
  'consumer/images',
  'consumer/calls',
  'consumer/',
  // kvssink's other half: what comes from the element, and what goes to its bus.
  'host/wire',
  'host/log',
  'host/times',
  'host/settings',
  'host/stream',
  'host/access-units',
  'host/bus',
  'host/element',
  'host/health',
  'host/status',
  'host/native',
  'host/',
  // The local service: from the fragments that it keeps up to its router.
  'local/errors',
  'local/settings',
  'local/validation',
  'local/http',
  'local/access',
  'local/faults',
  'local/data-folder',
  'local/tls',
  'local/sigv4',
  'local/fragments',
  'local/archive',
  'local/streams',
  'local/ingest',
  'local/playback',
  'local/images',
  'local/deliveries',
  'local/live',
  'local/metrics',
  'local/operations',
  'local/page',
  'local/',
  // The command.
  'cli/process',
  'cli/table',
  'cli/settings',
  'cli/completion',
  'cli/health',
  'cli/metrics',
  'cli/local',
  'cli/status',
  'cli/launch',
  'cli/rtsp',
  'cli/spool',
  'cli/streams',
  'cli/camera',
  'cli/doctor/findings',
  'cli/doctor/machine',
  'cli/doctor/probe',
  'cli/doctor/service',
  'cli/doctor/',
  'cli/get',
  'cli/play',
  'cli/put',
  'cli/',
  // The package's face.
  '',
];

/** Rooms whose own files lie beside those of their subfolders: the pattern of the former. */
function patternOf(room) {
  return room === '' || room.endsWith('/') ? `^src/${room}[^/]+$` : `^src/${room}/`;
}

const upwards = ROOMS.slice(0, -1).map((room, place) => ({
  name: `${room} uses what stands on it`,
  severity: 'error',
  from: { path: patternOf(room) },
  to: { path: ROOMS.slice(place + 1).map(patternOf) },
}));

export default {
  forbidden: [
    ...upwards,
    { name: 'circle of files', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'a file in no room',
      comment: 'Name its folder in ROOMS.',
      severity: 'error',
      from: { path: '^src/', pathNot: ROOMS.map(patternOf) },
      to: {},
    },
    {
      name: 'the local service is written apart from the producer',
      severity: 'error',
      from: { path: '^src/local/' },
      to: { path: '^src/', pathNot: '^src/(local|errors|runtime|matroska|decoding)/' },
    },
    {
      name: 'the producer does not know the local service',
      severity: 'error',
      from: { path: '^src/(media|storage|spool|aws|putmedia|producer|host)/' },
      to: { path: '^src/(local|cli)/' },
    },
    {
      name: 'formats are pure',
      comment: 'What a frame or a Matroska element says depends on nothing but its bytes.',
      severity: 'error',
      from: { path: '^src/(matroska|media)/' },
      to: { dependencyTypes: ['core', 'npm'], pathNot: '^util$' },
    },
    {
      name: 'src uses tests or scripts',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|scripts|dist)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    // The only one of its parsers that reads what TypeScript 7 does.
    parser: 'swc',
  },
};
