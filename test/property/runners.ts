import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { serveAddon } from '../../src/host/addon-host.ts';
import { loadNative } from '../../src/host/native/native.ts';
import { findNativeFiles } from '../../src/host/native/native-files.ts';
import { packageRoot } from '../../src/runtime/package-root.ts';
import { type Recording, recordingContext } from './recording.ts';

/** What kvssink posted on the bus. */
export type Posted = { readonly type: string; readonly text: string };
/** How a pipeline ended, and what is stored of it. */
export type Outcome = { readonly posted: readonly Posted[]; readonly recording: Recording };

/** Runs pipelines one after the other, through one of the two bridges. */
export type Runner = {
  /** @param stream name of the stream that the launch line sends to, never used before */
  run(stream: string, launch: string): Promise<Outcome>;
  close(): Promise<void>;
};

/** Folder of scriptedsrc's plugin. */
const SCRIPTED = join(packageRoot, 'build', 'Scripted', 'gstreamer-1.0');

/** Recordings by stream, whichever comes first: the recording or who asks for it. */
class Recordings {
  readonly #come = new Map<string, Recording>();
  readonly #asked = new Map<string, (recording: Recording) => void>();

  add(recording: Recording): void {
    const asked = this.#asked.get(recording.stream);
    this.#asked.delete(recording.stream);
    if (asked === undefined) this.#come.set(recording.stream, recording);
    else asked(recording);
  }

  of(stream: string): Promise<Recording> {
    const recording = this.#come.get(stream);
    this.#come.delete(stream);
    if (recording !== undefined) return Promise.resolve(recording);
    return new Promise((resolve) => this.#asked.set(stream, resolve));
  }
}

/** In this process, as kvs-launch has it. */
export function addonRunner(): Runner {
  process.env['GST_PLUGIN_PATH'] = SCRIPTED;
  const recordings = new Recordings();
  const addon = loadNative();
  const host = serveAddon(
    addon,
    recordingContext((recording) => recordings.add(recording)),
  );
  return {
    run: async (stream, launch) => {
      const pipeline = addon.parseLaunch(launch);
      const posted: Posted[] = [];
      const ended = new Promise<void>((resolve) => {
        pipeline.onMessage(({ type, sourceType, text, structure }) => {
          if (sourceType.startsWith('GstKvsSink') && type !== 'state-changed') {
            posted.push({ type, text: structure ?? text ?? '' });
          }
          if (type === 'eos' || type === 'error') resolve();
        });
      });
      await pipeline.setState('playing');
      await ended;
      await pipeline.dispose();
      return { posted, recording: await recordings.of(stream) };
    },
    close: () => host.disconnect(),
  };
}

/** In a program of its own, with the plugin and its host process. */
export async function pluginRunner(): Promise<Runner> {
  const folder = mkdtempSync(join(tmpdir(), 'kvs-property-'));
  const recordings = new Recordings();
  const server = await recordingServer(join(folder, 'socket'), recordings);
  const child = spawn('/usr/bin/python3', [join(packageRoot, 'test/property/run_pipelines.py')], {
    env: {
      ...process.env,
      GST_PLUGIN_PATH: `${SCRIPTED}:${findNativeFiles().pluginFolder}`,
      GST_REGISTRY: join(folder, 'registry.bin'),
      KVS_NODE: process.execPath,
      KVS_HOST_SCRIPT: join(packageRoot, 'dist/test/property/recording-host.js'),
      KVS_TEST_RECORDINGS: join(folder, 'socket'),
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = linesOf(child);
  child.stdin?.write('scriptedsrc name=src src.src_0 ! kvssink stream-name=keeper\n');
  return {
    run: async (stream, launch) => {
      child.stdin?.write(`${launch}\n`);
      const { value } = await lines.next();
      const posted = JSON.parse(value as string) as Posted[];
      return { posted, recording: await recordings.of(stream) };
    },
    close: async () => {
      const ended = new Promise((resolve) => child.on('close', resolve));
      child.stdin?.end();
      await ended;
      server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function linesOf(child: ChildProcess): AsyncIterator<string> {
  if (child.stdout === null) throw new Error('the program has no output');
  const reader: Interface = createInterface(child.stdout);
  return reader[Symbol.asyncIterator]();
}

async function recordingServer(path: string, recordings: Recordings): Promise<Server> {
  const server = createServer((socket) => {
    createInterface(socket).on('line', (line) => recordings.add(JSON.parse(line) as Recording));
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return server;
}
