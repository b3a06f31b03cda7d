import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startService, temporaryFolder } from '../local/support/service.ts';
import { startPython } from './support/python.ts';
import { pipelineEnvironment } from './support/run.ts';

const KEY = 'AKIARIGHTRIGHTRIGHT1';
const SECRET = 'r1ghtS3cret';
const CASES = {
  'that are right': { key: KEY, secret: SECRET, ends: /^eos/m },
  'that are wrong': { key: 'AKIAWRONGWRONGWRONG1', secret: 'wr0ngS3cret', ends: /^error/m },
};

for (const [name, { key, secret, ends }] of Object.entries(CASES)) {
  test(`D13: secrets ${name} are in no log of any category, no DOT dump and no message`, async (t) => {
    const token = 'Tok3nThatNobodyMaySee';
    const credentials = new Map([[KEY, { secretAccessKey: SECRET, sessionToken: token }]]);
    const service = await startService(t, { credentials });
    const dumps = temporaryFolder(t);
    const program = startPython(
      t,
      'secrets.py',
      [],
      pipelineEnvironment(service.url, {
        'access-key': key,
        'secret-key': secret,
        'session-token': token,
        // The properties are what is tested, not what the process was started with.
        AWS_ACCESS_KEY_ID: undefined,
        AWS_SECRET_ACCESS_KEY: undefined,
        GST_DEBUG: '*:9',
        GST_DEBUG_NO_COLOR: '1',
        GST_DEBUG_DUMP_DOT_DIR: dumps,
      }),
    );
    const { code, stdout, stderr } = await program.finished;
    assert.equal(code, 0, stderr.slice(-4000));
    assert.match(stdout, ends);
    const files = readdirSync(dumps).map((file) => readFileSync(join(dumps, file), 'utf8'));
    assert.ok(files.length > 0);
    for (const text of [stdout, stderr, ...files]) {
      for (const hidden of [secret, token, 'AWS4-HMAC', 'Signature=']) {
        const at = text.indexOf(hidden);
        assert.ok(at < 0, `${hidden} in: ${text.slice(at - 200, at + 200)}`);
      }
    }
  });
}
