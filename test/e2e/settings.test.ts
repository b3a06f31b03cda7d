import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  CreateStreamCommand,
  DescribeStreamCommand,
  KinesisVideoClient,
  ListTagsForStreamCommand,
} from '@aws-sdk/client-kinesis-video';
import {
  LOCAL_ACCESS_KEY_ID as accessKeyId,
  LOCAL_SECRET_ACCESS_KEY as secretAccessKey,
} from '../../src/local/sigv4/credential-store.ts';
import { createCa, pem } from '../aws/certificates.ts';
import { endpointOnly, serve, streamInfo } from '../aws/support.ts';
import { startService, temporaryFolder } from '../local/support/service.ts';
import { pipelineEnvironment, startPipeline, WAYS, words } from './support/run.ts';
import { storedFrames } from './support/stored.ts';
import { mkvinfoBlocks } from './support/tools.ts';

const SOURCE =
  'videotestsrc num-buffers=30 ! video/x-raw,width=320,height=240,framerate=15/1 ! x264enc key-int-max=15 ! h264parse ! kvssink';

function localClient(endpoint: string): KinesisVideoClient {
  const credentials = { accessKeyId, secretAccessKey };
  return new KinesisVideoClient({ endpoint, region: 'us-west-2', credentials });
}

for (const way of WAYS) {
  test(`${way}: key, retention, tags and content type are those of the stream that is made`, async (t) => {
    const service = await startService(t);
    const line = `${SOURCE} stream-name=made kms-key-id=alias/camera retention-period=5
      stream-tags=tags,place=(string)door,floor=(string)2`;
    const { finished } = startPipeline(t, way, words(line), pipelineEnvironment(service.url));
    const { code, stderr } = await finished;
    assert.equal(code, 0, stderr);
    const client = localClient(service.url);
    t.after(() => client.destroy());
    const stream = { StreamName: 'made' };
    const { StreamInfo } = await client.send(new DescribeStreamCommand(stream));
    assert.match(StreamInfo?.KmsKeyId ?? '', /alias\/camera$/);
    assert.equal(StreamInfo?.DataRetentionInHours, 5);
    assert.equal(StreamInfo?.MediaType, 'video/h264');
    const { Tags } = await client.send(new ListTagsForStreamCommand(stream));
    assert.deepEqual(Tags, { place: 'door', floor: '2' });
  });

  test(`${way}: an https service is trusted by KVSSINK_CA_CERT_PATH or ca-file, and not without`, async (t) => {
    const service = await startService(t, { tlsPort: 0 });
    const url = service.tlsUrl ?? '';
    const caFile = service.caFile ?? '';
    const environment = pipelineEnvironment(url, { KVSSINK_CA_CERT_PATH: caFile });
    const byVariable = startPipeline(t, way, words(`${SOURCE} stream-name=variable`), environment);
    const byProperty = startPipeline(
      t,
      way,
      words(`${SOURCE} stream-name=property ca-file=${caFile}`),
      pipelineEnvironment(url),
    );
    const untrusted = startPipeline(
      t,
      way,
      words(`${SOURCE} stream-name=none stop-stream-timeout=1`),
      pipelineEnvironment(url),
    );
    for (const { finished } of [byVariable, byProperty]) {
      const { code, stderr } = await finished;
      assert.equal(code, 0, stderr);
    }
    for (const name of ['variable', 'property']) {
      assert.equal((await storedFrames(service, name)).length, 30);
    }
    const { stdout, stderr } = await untrusted.finished;
    assert.match(stdout + stderr, /KVSSINK_CA_CERT_PATH/);
  });

  // Node does not start with this option and the one that the plugin gives its host.
  for (const options of ['', '--use-bundled-ca']) {
    test(`${way}: a CA of the machine's store is trusted, with NODE_OPTIONS='${options}'`, async (t) => {
      const service = await startService(t, { tlsPort: 0 });
      const environment = pipelineEnvironment(service.tlsUrl ?? '', {
        SSL_CERT_FILE: service.caFile,
        NODE_OPTIONS: options,
      });
      const line = words(`${SOURCE} stream-name=installed`);
      const { code, stderr, stdout } = await startPipeline(t, way, line, environment).finished;
      assert.equal(code, 0, stderr);
      assert.equal((await storedFrames(service, 'installed')).length, 30);
      // The attempt that the first CAs did not vouch for is nobody's affair.
      assert.doesNotMatch(stdout + stderr, /WARN|certificate/);
    });
  }

  test(`${way}: PutMedia goes to a host that a CA of the machine's store vouches for, and the control plane by another`, async (t) => {
    const service = await startService(t, { tlsPort: 0 });
    const client = localClient(service.url);
    t.after(() => client.destroy());
    await client.send(new CreateStreamCommand({ StreamName: 'cam', DataRetentionInHours: 2 }));
    const ca = createCa('CA of the control plane');
    t.after(() => ca[Symbol.dispose]());
    const endpoint = endpointOnly((service.tlsUrl ?? '').replace('localhost', '127.0.0.1'));
    const plane = await serve(
      (asked, response) =>
        (asked.path === '/getDataEndpoint' ? endpoint : streamInfo)(asked, response),
      pem(ca.issue('localhost')),
    );
    t.after(() => plane[Symbol.asyncDispose]());
    const environment = pipelineEnvironment(plane.url.href, {
      KVSSINK_CA_CERT_PATH: ca.cert,
      SSL_CERT_FILE: service.caFile,
    });
    const line = words(`${SOURCE} stream-name=cam`);
    const { code, stderr, stdout } = await startPipeline(t, way, line, environment).finished;
    assert.equal(code, 0, stderr);
    assert.equal((await storedFrames(service, 'cam')).length, 30);
    assert.doesNotMatch(stdout + stderr, /WARN|certificate/);
  });

  test(`${way}: dumps the sent Matroska, logs each frame, and honours a log4cplus file`, async (t) => {
    const service = await startService(t);
    const folder = temporaryFolder(t);
    const configuration = join(folder, 'kvs_log_configuration');
    const log = join(folder, 'kvs.log');
    writeFileSync(
      configuration,
      `log4cplus.rootLogger=DEBUG, File\nlog4cplus.appender.File=log4cplus::FileAppender\nlog4cplus.appender.File.File=${log}\n`,
    );
    const { finished } = startPipeline(
      t,
      way,
      words(`${SOURCE} stream-name=dumped log-config=${configuration}`),
      pipelineEnvironment(service.url, {
        KVS_DEBUG_DUMP_DATA_FILE_DIR: folder,
        DEBUG_DUMP_FRAME_INFO: '1',
      }),
    );
    const { code, stderr } = await finished;
    assert.equal(code, 0, stderr);
    const dumps = readdirSync(folder).filter((name) => name.endsWith('.mkv'));
    assert.equal(dumps.length, 1);
    assert.equal(mkvinfoBlocks(join(folder, dumps[0] ?? '')), 30);
    const lines = readFileSync(log, 'utf8').split('\n');
    const frames = lines.filter((text) => / DEBUG frame \[.*track:1/.test(text));
    assert.equal(frames.length, 30, lines.slice(0, 5).join('\n'));
    assert.equal(frames.filter((text) => text.includes('key:true')).length, 2);
  });
}
