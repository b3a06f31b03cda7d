import { type ChildProcess, spawn } from 'node:child_process';
import { findNativeFiles } from '../../src/host/native/native-files.ts';
import {
  LOCAL_ACCESS_KEY_ID,
  LOCAL_SECRET_ACCESS_KEY,
} from '../../src/local/sigv4/credential-store.ts';

/** Starts gst-launch-1.0 with our plugin; its kvssinks send to the local service at this address. */
export function startGstLaunch(url: string, pipeline: string): ChildProcess {
  return spawn('gst-launch-1.0', ['-q', ...pipeline.split(' ')], {
    env: {
      ...process.env,
      GST_PLUGIN_PATH: findNativeFiles().pluginFolder,
      CONTROL_PLANE_URI: url,
      AWS_ACCESS_KEY_ID: LOCAL_ACCESS_KEY_ID,
      AWS_SECRET_ACCESS_KEY: LOCAL_SECRET_ACCESS_KEY,
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}
