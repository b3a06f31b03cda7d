// A Docker engine to build and run with: the one that is there, or one of Debian's package that
// is started for the occasion, with its data in a folder of its own, and stopped afterwards.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runLater, runWell, undoAtEnd } from './ending.mjs';

/** Debian's client: it builds with the engine's BuildKit and needs no plugin for that. */
export const client = existsSync('/usr/bin/docker') ? '/usr/bin/docker' : 'docker';

// Debian 12's client asks for the old builder otherwise.
process.env.DOCKER_BUILDKIT = '1';

const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/** Runs docker. @throws Error with what docker said when it fails. */
export function docker(args, options = {}) {
  const result = spawnSync(client, args, {
    encoding: 'utf8',
    maxBuffer: MAX_OUTPUT_BYTES,
    ...options,
  });
  if (result.error) throw new Error(`Could not start docker: ${result.error.message}`);
  if (result.status !== 0) {
    const said = `${result.stdout ?? ''}${result.stderr ?? ''}`.trimEnd();
    throw new Error(
      `docker ${args.join(' ')}\nended with exit code ${result.status}:\n${said.slice(-4000)}`,
    );
  }
  return result.stdout?.trim();
}

/** Runs docker, whatever becomes of it. */
export function dockerResult(args) {
  return spawnSync(client, args, { encoding: 'utf8', maxBuffer: MAX_OUTPUT_BYTES });
}

/** Runs docker without holding up this process. @returns exit code and output. */
export function dockerLater(args) {
  return runLater(client, args);
}

/** The same for what must succeed. @throws Error with the end of what docker said. */
export function dockerWell(args) {
  return runWell(client, args);
}

/** What docker prints, or undefined when it fails. */
export function dockerTry(args) {
  const { status, stdout } = dockerResult(args);
  return status === 0 ? stdout.trim() : undefined;
}

/** Why no engine can be had here, or undefined when one can. */
export function engineMissing() {
  if (dockerTry(['info', '-f', '{{.ServerVersion}}'])) return undefined;
  if (!existsSync('/usr/sbin/dockerd')) {
    return 'no Docker engine runs here and none is installed (apt-get install docker.io)';
  }
  return process.getuid() === 0 ? undefined : 'only root can start a Docker engine';
}

/**
 * Makes sure that an engine runs. Returns what stops it again: nothing at all for an engine that
 * ran before. Rejects where none can be started. It ends with this process even when that is killed.
 * The checks' own containers use the host's network, so it needs no bridge and no iptables.
 */
export async function startEngine(folder) {
  if (dockerTry(['info', '-f', '{{.ServerVersion}}'])) return async () => {};
  mkdirSync(folder, { recursive: true });
  const socket = `unix://${join(folder, 'docker.sock')}`;
  const log = openSync(join(folder, 'dockerd.log'), 'a');
  const daemon = spawn(
    'setpriv',
    [
      ...['--pdeathsig', 'TERM', '/usr/sbin/dockerd'],
      ...['--data-root', join(folder, 'data'), '--exec-root', join(folder, 'exec')],
      ...['-H', socket, '-p', join(folder, 'dockerd.pid')],
      ...['--iptables=false', '--ip6tables=false', '--bridge=none'],
    ],
    { stdio: ['ignore', log, log], detached: true },
  );
  const ended = new Promise((resolve) => daemon.once('exit', resolve));
  process.env.DOCKER_HOST = socket;
  const stop = undoAtEnd(async () => {
    daemon.kill('SIGTERM');
    await ended;
  });
  for (let tries = 0; tries < 120; tries += 1) {
    if (dockerTry(['info', '-f', '{{.ServerVersion}}'])) return stop;
    if (daemon.exitCode !== null) break;
    await sleep(500);
  }
  const said = readFileSync(join(folder, 'dockerd.log'), 'utf8').slice(-2000);
  throw new Error(`dockerd does not start here:\n${said}`);
}
