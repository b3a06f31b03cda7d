import assert from 'node:assert/strict';
import { test } from 'node:test';
import { streamFolder } from '../../../src/local/data-folder/stream-folder.ts';

test('a stream’s folder has its name where that is a file’s', () => {
  assert.equal(streamFolder('Front-door.1', 'linux'), 'Front-door.1');
  for (const name of ['..', '.hidden', 'a'.repeat(256)]) {
    assert.match(streamFolder(name, 'linux'), /^_[0-9a-f]{32}$/);
  }
});

test('names that a file system takes for one another get folders of their own', () => {
  for (const platform of ['darwin', 'win32']) {
    assert.equal(streamFolder('door', platform), 'door');
    assert.match(streamFolder('Door', platform), /^_/);
    assert.notEqual(streamFolder('Door', platform), streamFolder('DOOR', platform));
  }
});

test('Windows gets no folder that it opens a device for, or takes for another', () => {
  for (const name of ['con', 'aux.door', 'lpt1', 'door.']) {
    assert.match(streamFolder(name, 'win32'), /^_/);
    assert.equal(streamFolder(name, 'darwin'), name);
  }
  assert.equal(streamFolder('console', 'win32'), 'console');
});
