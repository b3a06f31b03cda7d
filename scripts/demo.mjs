// README's demo command: installs what is missing, builds, and streams real video through plain
// gst-launch-1.0 into the local service.
//   npm run demo                     until Ctrl-C
//   npm run demo -- --seconds 20     ends by itself
//   npm run demo -- --port 9000      the page's port; any free one otherwise
//   npm run demo -- --data DIR       where the fragments are kept; .kvs-local/demo otherwise
import { freshRegistry } from './lib/gstreamer.mjs';
import { setup } from './setup.mjs';

await setup(['build', 'run']);
process.env.GST_REGISTRY = freshRegistry(['run']);
await import('../dist/scripts/demo/main.js');
