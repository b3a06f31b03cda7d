// The plugin's host: serves all kvssinks of one GStreamer process on fd 3, and ends with it.
import { KvsError } from '../errors/kvs-error.ts';
import type { Logger } from '../runtime/logger.ts';
import { createHostContext } from './create-host-context.ts';
import { openJsonLog } from './log/json-log.ts';
import { servePlugin } from './plugin-host.ts';
import { credentialsNamed } from './stream/credential-overrides.ts';

/** Where the plugin puts the socket (native/plugin/host_process.cc). */
const SOCKET_FD = 3;

process.title = 'kvssink-host';
// A terminal's Ctrl-C and a unit's stop reach every process of the group; this one ends when the
// socket does, after what it holds was sent. SIGALRM ends a node that hangs before it gets here.
for (const signal of ['SIGINT', 'SIGHUP', 'SIGTERM', 'SIGALRM'] as const) {
  process.on(signal, () => {});
}
const context = createHostContext(credentialsNamed(process.env), jsonLog());
void servePlugin(SOCKET_FD, context).then((code) => process.exit(code));

/** A log that cannot be written must not keep a pipeline from streaming. */
function jsonLog(): Logger | undefined {
  try {
    return openJsonLog(process.env);
  } catch (error) {
    if (!(error instanceof KvsError)) throw error;
    process.stderr.write(`kvssink: ${error.message}. ${error.advice}\n`);
    return undefined;
  }
}
