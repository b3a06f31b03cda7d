// Any buffers that GStreamer can bring, against a model of what must become of them, through the
// plugin's bridge and through the addon's.
//   KVS_PROPERTY_RUNS=16000 npm test -- property     16,000 pipelines for each, some 100,000 stretches
//   KVS_PROPERTY_SEED=7 npm test -- property         others than those of every day
import { after, test } from 'node:test';
import fc from 'fast-check';
import { encode } from './media.ts';
import { assertTrue } from './model.ts';
import { addonRunner, pluginRunner, type Runner } from './runners.ts';
import { encodeScript } from './script.ts';
import { situations, stage } from './situations.ts';

const RUNS = Number(process.env['KVS_PROPERTY_RUNS'] ?? 150);
const SEED = Number(process.env['KVS_PROPERTY_SEED'] ?? 1);

const X264 = 'x264enc bframes=0 tune=zerolatency';
// Parameter sets in band too: bytes with start codes have nothing else.
const H264 = 'h264parse config-interval=-1 ! video/x-h264,stream-format=avc,alignment=au';
const X265 = 'x265enc speed-preset=ultrafast tune=zerolatency';
const ENCODERS = [
  encode('small', `${X264} key-int-max=8 ! ${H264}`),
  encode('large', `${X264} key-int-max=12 ! ${H264}`, 64),
  encode(
    'h265',
    `${X265} key-int-max=8 option-string=open-gop=0 ! h265parse config-interval=-1 ! video/x-h265,stream-format=hev1`,
    64,
  ),
];

const RUNNERS: Readonly<Record<string, () => Runner | Promise<Runner>>> = {
  plugin: pluginRunner,
  addon: addonRunner,
};

for (const [bridge, open] of Object.entries(RUNNERS)) {
  test(`through the ${bridge}, each frame that can be decoded is stored, and each other one is reported`, async () => {
    const runner = await open();
    after(() => runner.close());
    let count = 0;
    await fc.assert(
      fc.asyncProperty(situations(ENCODERS), async (situation) => {
        const staging = stage(situation, ENCODERS);
        const stream = `${bridge}-${count++}`;
        const outcome = await runner.run(
          stream,
          `scriptedsrc name=src live=${situation.isLive} script=${encodeScript(staging.steps)} ` +
            `src.src_0 ! kvssink stream-name=${stream} storage-size=4 ` +
            `streaming-type=${situation.streamingType}`,
        );
        assertTrue(situation, staging, ENCODERS, outcome);
      }),
      {
        numRuns: RUNS,
        includeErrorInReport: true,
        seed: SEED,
      },
    );
  });
}
