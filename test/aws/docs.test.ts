import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '..', '..', '..');

const source = readdirSync(join(root, 'src', 'aws'), { recursive: true })
  .map(String)
  .filter((name) => name.endsWith('.ts'))
  .map((name) => readFileSync(join(root, 'src', 'aws', name), 'utf8'))
  .join('\n');

/** Read by AWS's SDK, not by us. */
const OF_THE_SDK = new Set(['AWS_CONTAINER_AUTHORIZATION_TOKEN']);

for (const page of ['authentication.md', 'endpoints.md']) {
  test(`every environment variable in docs/2-use/${page} is read`, () => {
    const text = readFileSync(join(root, 'docs/2-use', page), 'utf8');
    const names = new Set(text.match(/\b(?:AWS|KVS|KVSSINK|NODE|SSL|HTTPS?|NO|ALL)_[A-Z0-9_]+\b/g));
    assert.ok(names.size > 5);
    for (const name of names) {
      // `…_FULL_URI` and the like are written short.
      assert.ok(OF_THE_SDK.has(name) || source.includes(name), `${name} is not in src/aws`);
    }
  });
}

test('every environment variable that is read is in the docs', () => {
  const docs = ['authentication.md', 'endpoints.md']
    .map((page) => readFileSync(join(root, 'docs/2-use', page), 'utf8'))
    .join('\n');
  // Those of the SDKs that few know are left to AWS's own documentation.
  const leftOut = new Set([
    'AWS_CONFIG_FILE',
    'AWS_SHARED_CREDENTIALS_FILE',
    'AWS_EC2_METADATA_DISABLED',
    'AWS_EC2_METADATA_SERVICE_ENDPOINT',
    'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS',
    'AWS_ROLE_SESSION_NAME',
    'AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED',
    'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  ]);
  for (const [name] of source.matchAll(/(?<=')(?:AWS|KVS|KVSSINK|NODE|SSL)_[A-Z0-9_]+(?=')/g)) {
    assert.ok(leftOut.has(name) || docs.includes(name), `${name} is not in docs/2-use/`);
  }
});
