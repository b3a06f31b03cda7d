// npm runs this before `npm pack` and `npm publish` in a working copy.
//   npm pack       builds, and gives a package with this machine's binaries, if prebuilds/ does not
//                  have those of both architectures: good for trying out, here and on newer systems
//   npm publish    is refused: what is published is made by `npm run release`
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { copyBindingGyp, copyOwnBinaries } from './lib/package-layout.mjs';
import { publicAddress } from './lib/public-address.mjs';
import { fail, root } from './lib/run.mjs';
import { setup } from './setup.mjs';

if (process.argv.includes('--publish')) {
  try {
    publicAddress(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')));
  } catch (error) {
    console.error(error.message);
  }
  fail(
    'npm publish here would not publish the binaries of both architectures. First: npm run release\n' +
      'Then: npm publish release/VERSION/kvs-launch-VERSION.tgz (docs/6-maintain/releasing.md)',
  );
}
// They are for this npm; the one that setup may start has to install.
for (const name of ['dry_run', 'json', 'pack_destination']) {
  delete process.env[`npm_config_${name}`];
}
await setup(['build']);
// It reads node_modules.
const { thirdPartyLicences } = await import('./licences.mjs');
writeFileSync(join(root, 'THIRD-PARTY-LICENSES.md'), thirdPartyLicences());
// postpack takes it away again.
copyBindingGyp(root);

const prebuilt = ['x64', 'arm64'].map((arch) => join(root, 'prebuilds', `linux-${arch}`));
if (!prebuilt.every((folder) => existsSync(folder))) {
  const platform = copyOwnBinaries(root);
  console.error(
    `The package has the binaries of this machine (${platform}) alone. "npm run release" makes the ` +
      'one for all.',
  );
}
