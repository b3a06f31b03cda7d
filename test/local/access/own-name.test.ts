import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get } from 'node:http';
import { test } from 'node:test';
import { startService } from '../support/service.ts';

/** The status of a GET that addresses the service by a name. */
async function statusFor(url: string, path: string, host: string): Promise<number> {
  const request = get(new URL(path, url), { headers: { host } });
  const [response] = await once(request, 'response');
  response.resume();
  return response.statusCode;
}

for (const path of ['/', '/api/streams', '/live/demo.mp4', '/hls/v1/getHLSMediaPlaylist.m3u8']) {
  test(`GET ${path} is refused under a name that is not the service's`, async (t) => {
    const { url } = await startService(t);
    for (const host of ['evil.example', 'evil.example:80', 'localhost.evil.example', '127.evil']) {
      assert.equal(await statusFor(url, path, host), 401, host);
    }
  });
}

test('addresses, names of loopback and names that were added are the own', async (t) => {
  const { url } = await startService(t, { names: ['Camera-Box.lan'] });
  for (const host of [
    'localhost:9000',
    'kvs.localhost',
    '[::1]:8787',
    '192.168.1.20',
    'camera-box.lan:8443',
    'CAMERA-BOX.LAN',
  ]) {
    assert.equal(await statusFor(url, '/', host), 200, host);
  }
});

test('an API call that is signed with the local key is refused under another name', async (t) => {
  const { url } = await startService(t);
  const request = get(new URL('/listStreams', url), {
    method: 'POST',
    headers: { host: 'evil.example' },
  });
  const [response] = await once(request, 'response');
  response.resume();
  assert.equal(response.headers['x-amzn-errortype'], 'NotAuthorizedException');
});
