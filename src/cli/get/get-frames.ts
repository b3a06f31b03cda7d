import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ConsumedFragment } from '../../consumer/fragments/consumed-fragment.ts';
import { type DecodedImage, decodeImages } from '../../consumer/images/decode-images.ts';
import { writePng } from '../../decoding/png.ts';
import { KvsError } from '../../errors/kvs-error.ts';
import { counted } from '../process/counted.ts';
import { EXIT } from '../process/exit-codes.ts';
import type { GetOptions } from './get-options.ts';
import { Progress } from './get-progress.ts';
import type { Reading } from './reading.ts';

const DEFAULT_EVERY_MS = 1_000;

/** `kvs-launch get --frames`: images of the video as files, named by time and fragment. */
export async function getFrames(reading: Reading, options: GetOptions): Promise<number> {
  const { frames: folder = '.', every = DEFAULT_EVERY_MS, format, json = false } = options;
  const isPng = format === 'png';
  const progress = new Progress();
  let count = 0;
  let lost = 0;
  const images = decodeImages(reported(reading.fragments, progress), {
    everyMs: every,
    format: isPng ? 'rgb' : 'jpeg',
    onLost: (images) => {
      lost += images;
    },
  });
  await makeFolder(folder);
  for await (const image of images) {
    const path = join(folder, nameOf(image, isPng ? 'png' : 'jpg'));
    const data = isPng ? await writePng(image) : image.data;
    await writeWhole(path, data);
    count += 1;
    if (json) await printLine(image, path, data.length);
  }
  progress.end();
  progress.note(`${counted(count, 'image')} in ${folder}`);
  if (lost > 0) progress.note(`${counted(lost, 'image')} could not be decoded`);
  if (reading.wasCut()) return EXIT.interrupted;
  return count === 0 || lost > 0 ? EXIT.error : EXIT.ok;
}

async function* reported(
  fragments: AsyncIterable<ConsumedFragment>,
  progress: Progress,
): AsyncGenerator<ConsumedFragment, void, undefined> {
  for await (const fragment of fragments) {
    progress.add(
      fragment,
      fragment.frames.reduce((sum, { data }) => sum + data.length, 0),
    );
    yield fragment;
  }
}

/** Without colons, which other systems' file names cannot have. */
function nameOf({ time, fragmentNumber }: DecodedImage, ending: string): string {
  return `${time.toISOString().replaceAll(':', '-')}_${fragmentNumber ?? '0'}.${ending}`;
}

async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true }).catch((cause: Error) => {
    throw new KvsError('STATUS_OPEN_FILE_FAILED', `No folder ${folder}: ${cause.message}`, {
      cause,
    });
  });
}

/** Under its name, a file is whole or not there. */
async function writeWhole(path: string, data: Uint8Array): Promise<void> {
  const part = `${path}.part`;
  try {
    await writeFile(part, data);
    await rename(part, path);
  } catch (cause) {
    await rm(part, { force: true });
    throw new KvsError(
      'STATUS_WRITE_TO_FILE_FAILED',
      `${path} cannot be written: ${(cause as Error).message}`,
      { cause },
    );
  }
}

async function printLine(image: DecodedImage, path: string, bytes: number): Promise<void> {
  const { time, fragmentNumber, producerTimestamp, serverTimestamp, width, height } = image;
  const times = { time, fragmentNumber, producerTimestamp, serverTimestamp };
  const line = JSON.stringify({ path, ...times, width, height, bytes });
  await new Promise((resolve) => process.stdout.write(`${line}\n`, resolve));
}
