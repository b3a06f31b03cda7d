import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ALL_FORMATS, BufferSource, EncodedPacketSink, Input } from 'mediabunny';
import { matroskaFile } from './matroska-file.ts';
import { ffmpeg, ffprobe, needs, record, run, tempDir } from './tools.ts';

/** Real encoders, each through its adapter and our writer, and who reads the result. */
const STREAMS: readonly {
  name: string;
  pipeline: string;
  frameMs: number;
  codec: string;
  codecId: string;
  /** GStreamer elements that decode what matroskademux hands out. */
  decode: string;
  /** mediabunny's name of the codec; undefined when it cannot read it. */
  mediabunny?: string;
}[] = [
  {
    name: 'H.264 byte-stream',
    pipeline:
      'videotestsrc num-buffers=40 ! video/x-raw,format=I420,width=320,height=240,framerate=25/1 ! x264enc key-int-max=10 bframes=0 ! video/x-h264,stream-format=byte-stream,profile=high',
    frameMs: 40,
    codec: 'h264',
    codecId: 'V_MPEG4/ISO/AVC',
    decode: 'h264parse ! avdec_h264',
    mediabunny: 'avc',
  },
  {
    name: 'H.264 avc',
    pipeline:
      'videotestsrc num-buffers=40 ! video/x-raw,format=I420,width=320,height=240,framerate=25/1 ! x264enc key-int-max=10 bframes=0 ! video/x-h264,stream-format=avc',
    frameMs: 40,
    codec: 'h264',
    codecId: 'V_MPEG4/ISO/AVC',
    decode: 'avdec_h264',
    mediabunny: 'avc',
  },
  {
    name: 'H.264 avc3',
    pipeline:
      'videotestsrc num-buffers=40 ! video/x-raw,format=I420,width=320,height=240,framerate=25/1 ! x264enc key-int-max=10 bframes=0 ! h264parse config-interval=-1 ! video/x-h264,stream-format=avc3,alignment=au',
    frameMs: 40,
    codec: 'h264',
    codecId: 'V_MPEG4/ISO/AVC',
    decode: 'h264parse ! avdec_h264',
    mediabunny: 'avc',
  },
  ...(['byte-stream', 'hvc1', 'hev1'] as const).map((form) => ({
    name: `H.265 ${form}`,
    pipeline: `videotestsrc num-buffers=40 ! video/x-raw,format=I420,width=320,height=240,framerate=25/1 ! x265enc key-int-max=10 log-level=0 option-string=bframes=0 ! h265parse config-interval=-1 ! video/x-h265,stream-format=${form},alignment=au`,
    frameMs: 40,
    codec: 'hevc',
    codecId: 'V_MPEGH/ISO/HEVC',
    decode: 'h265parse ! avdec_h265',
    mediabunny: 'hevc',
  })),
  ...(['raw', 'adts'] as const).map((form) => ({
    name: `AAC ${form}`,
    pipeline: `audiotestsrc num-buffers=100 ! audio/x-raw,rate=44100,channels=2 ! avenc_aac ! aacparse ! audio/mpeg,stream-format=${form}`,
    frameMs: (1024 / 44100) * 1000,
    codec: 'aac',
    codecId: 'A_AAC',
    decode: 'aacparse ! avdec_aac',
    mediabunny: 'aac',
  })),
  {
    name: 'AAC of voaacenc, mono',
    pipeline:
      'audiotestsrc num-buffers=60 ! audio/x-raw,rate=16000,channels=1 ! voaacenc ! audio/mpeg,stream-format=adts',
    frameMs: 64,
    codec: 'aac',
    codecId: 'A_AAC',
    decode: 'avdec_aac',
    mediabunny: 'aac',
  },
  {
    name: 'Opus',
    pipeline: 'audiotestsrc num-buffers=60 ! audio/x-raw,rate=48000,channels=2 ! opusenc',
    frameMs: 20,
    codec: 'opus',
    codecId: 'A_OPUS',
    decode: 'opusdec',
    mediabunny: 'opus',
  },
  ...(['alaw', 'mulaw'] as const).flatMap((law) =>
    [1, 2].map((channels) => ({
      name: `${law}, ${channels} channel(s)`,
      pipeline: `audiotestsrc num-buffers=60 samplesperbuffer=160 ! audio/x-raw,rate=8000,channels=${channels} ! ${law}enc`,
      frameMs: 20,
      codec: `pcm_${law}`,
      codecId: 'A_MS/ACM',
      decode: `${law}dec`,
    })),
  ),
  {
    name: 'M-JPEG',
    pipeline:
      'videotestsrc num-buffers=20 ! video/x-raw,format=I420,width=322,height=242,framerate=25/1 ! jpegenc',
    frameMs: 40,
    codec: 'mjpeg',
    codecId: 'V_MS/VFW/FOURCC',
    decode: 'jpegdec',
  },
];

for (const stream of STREAMS) {
  test(
    `${stream.name}: ffprobe, mkvinfo, matroskademux and mediabunny read every frame`,
    needs('gst-launch-1.0', 'ffprobe', 'mkvinfo'),
    async (t) => {
      const dir = tempDir(t);
      const recording = record(dir, stream.pipeline);
      const { bytes, blocks, adapter } = matroskaFile(recording, stream.frameMs);
      const file = join(dir, 'out.mkv');
      writeFileSync(file, bytes);
      assert.equal(adapter.formatRevision, 1, 'the format was known once and never changed');
      assert.ok(blocks > 0 && blocks >= recording.units.length - 1);

      const [probed] = ffprobe(file);
      assert.ok(probed);
      assert.equal(probed['codec_name'], stream.codec);
      assert.equal(Number(probed['nb_read_frames']), blocks);
      const { width, height, samplingFrequencyHz, channels } = adapter.format ?? {};
      assert.equal(probed['width'], width);
      assert.equal(probed['height'], height);
      if (samplingFrequencyHz !== undefined) {
        assert.equal(Number(probed['sample_rate']), samplingFrequencyHz);
        assert.equal(probed['channels'], channels);
      }
      ffmpeg('-i', file, '-f', 'null', '-');

      const info = run('mkvinfo', ['-v', '-v', file]);
      assert.equal(info.match(/\+ (Simple block|SimpleBlock):?/g)?.length, blocks);
      assert.match(info, new RegExp(`Codec ID: ${stream.codecId}`));
      assert.doesNotMatch(info, /unknown element|error/i);

      const decoded = spawnSync(
        'gst-launch-1.0',
        [
          '-v',
          ...`filesrc location=${file} ! matroskademux ! ${stream.decode} ! identity name=out silent=false ! fakesink`.split(
            ' ',
          ),
        ],
        { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
      );
      assert.equal(decoded.status, 0, decoded.stderr);
      assert.doesNotMatch(decoded.stderr, /ERROR|WARN/);
      const chained = decoded.stdout.match(/chain {3}\*{7}/g)?.length ?? 0;
      assert.ok(chained >= blocks - 1 && chained <= blocks, `${chained} of ${blocks} decoded`);

      if (stream.mediabunny !== undefined) {
        const input = new Input({ source: new BufferSource(bytes), formats: ALL_FORMATS });
        const [track] = await input.getTracks();
        assert.ok(track);
        assert.equal(track.codec, stream.mediabunny);
        let packets = 0;
        for await (const _packet of new EncodedPacketSink(track).packets()) packets += 1;
        assert.equal(packets, blocks);
      }
    },
  );
}
