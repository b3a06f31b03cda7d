// The plugin's host: serves all kvssinks of one GStreamer process on fd 3, and ends with it.
import { createHostContext } from './context.ts';
import { credentialsNamed } from './credential-overrides.ts';
import { servePlugin } from './plugin-host.ts';

/** Where the plugin puts the socket (native/plugin/host_process.cc). */
const SOCKET_FD = 3;

process.title = 'kvssink-host';
// A terminal's Ctrl-C and a unit's stop reach every process of the group; this one ends when the
// socket does, after what it holds was sent.
for (const signal of ['SIGINT', 'SIGHUP', 'SIGTERM'] as const) process.on(signal, () => {});
process.exit(await servePlugin(SOCKET_FD, createHostContext(credentialsNamed(process.env))));
