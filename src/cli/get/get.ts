import { extname } from 'node:path';
import type { FileMuxer } from '../../consumer/files/file-muxer.ts';
import { MatroskaMuxer } from '../../consumer/files/matroska-muxer.ts';
import { Mp4Muxer } from '../../consumer/files/mp4-muxer.ts';
import { KvsError } from '../../errors/kvs-error.ts';
import { EXIT } from '../process/exit-codes.ts';
import { FileOutput, type Output } from './file-output.ts';
import { getFrames } from './get-frames.ts';
import { getList } from './get-list.ts';
import type { GetOptions } from './get-options.ts';
import { selectionOf } from './get-options.ts';
import { Progress } from './get-progress.ts';
import { getTags } from './get-tags.ts';
import { PipeOutput } from './pipe-output.ts';
import { openConsumer, type Reading, read } from './reading.ts';

/**
 * `kvs-launch get`: reads a stream into a file or a pipe, or says what it has.
 * @throws KvsError when the service refuses, or what was asked for cannot be
 */
export async function get(stream: string, options: GetOptions): Promise<number> {
  const selection = selectionOf(options);
  checkOneResult(options);
  const consumer = openConsumer(stream, options);
  try {
    if (options.list === true && selection.kind === 'archive') {
      return await getList(consumer, selection.range, options);
    }
    const progress = new Progress();
    const reading = read(consumer, selection, options, (text) => progress.note(text));
    if (options.tags === true) return await getTags(reading);
    if (options.frames !== undefined) return await getFrames(reading, options);
    return await record(reading, options, progress);
  } finally {
    consumer.close();
  }
}

/** @throws KvsError for options that ask for several things, or for none */
function checkOneResult({ output, list, tags, frames, every, format }: GetOptions): void {
  const wanted = [output !== undefined, frames !== undefined, list === true || tags === true];
  const count = wanted.filter(Boolean).length;
  if (count === 1) {
    checkFrameOptions(frames !== undefined, every, format);
    return;
  }
  throw new KvsError(
    'STATUS_INVALID_ARG',
    count === 0 ? 'It is not said what to make of the stream' : 'Several things are asked for',
    { advice: 'Give one of --output, --frames, --list and --tags.' },
  );
}

function checkFrameOptions(isFrames: boolean, every: number | undefined, format = ''): void {
  const isImage = format === 'jpg' || format === 'png';
  if (!isFrames && (every !== undefined || isImage)) {
    throw new KvsError('STATUS_INVALID_ARG', '--every and the formats jpg and png are of images', {
      advice: 'Give --frames and a folder for them.',
    });
  }
  if (isFrames && format !== '' && !isImage) {
    throw new KvsError('STATUS_INVALID_ARG', `No image is written as ${format}`, {
      advice: 'The formats of --frames are jpg and png.',
    });
  }
}

/** Writes what is read to the output, and leaves nothing half. */
async function record(reading: Reading, options: GetOptions, progress: Progress): Promise<number> {
  const output = await outputOf(reading, options, progress);
  try {
    for await (const fragment of reading.fragments) {
      progress.add(fragment, await output.add(fragment));
    }
    await output.finish();
  } catch (error) {
    const part = await output.abandon();
    if (part !== undefined) progress.note(`What came before is in ${part}`);
    throw error;
  }
  if (progress.fragments === 0) {
    progress.note('No fragment was received, and nothing was written');
    return EXIT.error;
  }
  progress.end();
  return reading.wasCut() ? EXIT.interrupted : EXIT.ok;
}

async function outputOf(
  reading: Reading,
  options: GetOptions,
  progress: Progress,
): Promise<Output> {
  const { output = '-', force = false, format: given } = options;
  const isStream = output === '-';
  const format = given === 'mkv' || given === 'mp4' ? given : formatOf(output);
  const createMuxer = (): FileMuxer =>
    format === 'mp4' ? new Mp4Muxer({ isStream }) : new MatroskaMuxer({ isStream });
  if (isStream) {
    if (process.stdout.isTTY) {
      throw new KvsError('STATUS_INVALID_ARG', 'Standard output is a terminal', {
        advice: 'Pipe it into a program, such as ffplay -, or give --output a file.',
      });
    }
    return new PipeOutput(process.stdout, format, createMuxer, () => reading.stop());
  }
  const file = new FileOutput(output, force, createMuxer, (path) => progress.note(path));
  await file.check();
  return file;
}

function formatOf(output: string): 'mkv' | 'mp4' {
  if (output === '-') return 'mkv';
  switch (extname(output).toLowerCase()) {
    case '.mkv':
      return 'mkv';
    case '.mp4':
    case '.m4v':
      return 'mp4';
    default:
      throw new KvsError('STATUS_INVALID_ARG', `The name ${output} does not say the format`, {
        advice: 'End it in .mkv or .mp4, or give --format.',
      });
  }
}
