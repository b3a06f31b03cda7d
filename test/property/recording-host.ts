// The plugin's host over a core that stores and sends nothing; what it stored goes to a socket.
import { createConnection } from 'node:net';
import { servePlugin } from '../../src/host/plugin-host.ts';
import { recordingContext } from './recording.ts';

const socket = createConnection(process.env['KVS_TEST_RECORDINGS'] ?? '');
const context = recordingContext((recording) => socket.write(`${JSON.stringify(recording)}\n`));
const exitCode = await servePlugin(3, context);
socket.end(() => process.exit(exitCode));
