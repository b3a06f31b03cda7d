import type { ServiceReport } from '../../../live/page-reports.ts';

/** A text to copy, and what it is. */
export type Snippet = {
  readonly id: string;
  readonly label: string;
  readonly group: 'Set up' | 'Send' | 'Read';
  readonly text: string;
};

const REGION = 'us-west-2';

/**
 * What to type to send a stream and to read it, with the address and key of this service.
 * @param origin the service, as the page was opened.
 */
export function commandSnippets(
  origin: string,
  stream: string,
  service: ServiceReport | undefined,
): readonly Snippet[] {
  const { accessKeyId = '…', secretAccessKey = '…' } = service?.localKey ?? {};
  const aws = (client: string, command: string): string =>
    `aws ${client} ${command} --stream-name ${stream} \\\n` +
    `  --endpoint-url ${origin} --region ${REGION}`;
  return [
    {
      id: 'environment',
      label: 'Environment',
      group: 'Set up',
      text: [
        `export CONTROL_PLANE_URI=${origin}`,
        `export AWS_ACCESS_KEY_ID=${accessKeyId}`,
        `export AWS_SECRET_ACCESS_KEY=${secretAccessKey}`,
      ].join('\n'),
    },
    {
      id: 'gst-launch',
      label: 'gst-launch-1.0',
      group: 'Send',
      text: [
        'export GST_PLUGIN_PATH=$(npx kvs-launch --plugin-path)',
        'gst-launch-1.0 -e videotestsrc is-live=true ! video/x-raw,framerate=30/1 \\',
        '  ! x264enc tune=zerolatency key-int-max=60 ! h264parse \\',
        `  ! kvssink stream-name=${stream}`,
      ].join('\n'),
    },
    {
      id: 'kvs-launch',
      label: 'kvs-launch',
      group: 'Send',
      text: [
        'npx kvs-launch videotestsrc is-live=true ! video/x-raw,framerate=30/1 ! \\',
        '  x264enc tune=zerolatency key-int-max=60 ! h264parse ! \\',
        `  kvssink stream-name=${stream}`,
      ].join('\n'),
    },
    {
      id: 'put',
      label: 'A file',
      group: 'Send',
      text: `npx kvs-launch put --stream-name ${stream} film.mkv`,
    },
    {
      id: 'get',
      label: 'kvs-launch',
      group: 'Read',
      text: `npx kvs-launch get ${stream} -o ${stream}.mp4 --duration 60`,
    },
    {
      id: 'aws',
      label: 'AWS CLI',
      group: 'Read',
      text: [
        aws('kinesisvideo', 'describe-stream'),
        aws('kinesis-video-archived-media', 'list-fragments'),
        `${aws('kinesis-video-archived-media', 'get-hls-streaming-session-url')} \\\n` +
          '  --playback-mode LIVE',
      ].join('\n'),
    },
    {
      id: 'boto3',
      label: 'boto3',
      group: 'Read',
      text: [
        'import boto3',
        '',
        'archive = boto3.client(',
        `    "kinesis-video-archived-media", endpoint_url="${origin}", region_name="${REGION}"`,
        ')',
        `stored = archive.list_fragments(StreamName="${stream}")["Fragments"]`,
        'numbers = sorted(fragment["FragmentNumber"] for fragment in stored)',
        `media = archive.get_media_for_fragment_list(StreamName="${stream}", Fragments=numbers)`,
        `with open("${stream}.mkv", "wb") as file:`,
        '    file.write(media["Payload"].read())',
      ].join('\n'),
    },
    {
      id: 'typescript',
      label: 'TypeScript',
      group: 'Read',
      text: [
        "import { KinesisVideoConsumer } from 'kvs-launch/consumer';",
        '',
        `const consumer = new KinesisVideoConsumer({ streamName: '${stream}' });`,
        "for await (const fragment of consumer.media({ start: 'earliest' })) {",
        '  console.log(fragment.number, fragment.producerTimestamp, fragment.frames.length);',
        '}',
      ].join('\n'),
    },
  ];
}
