import type { AddressInfo } from 'node:net';
import { createServer as createTcpServer, type Server } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { createCa, pem } from '../../aws/certificates.ts';
import { type Fault, sawItself, sessionWasOpen } from '../support/fault.ts';
import { missingMounts, missingNetem } from '../support/namespaces.ts';
import type { Stage } from '../support/stage.ts';

/** A tenth of what the pipelines send. */
const TENTH_BYTES_PER_S = 10_000;
/** The TLS alert `handshake_failure`, in the clear as at the beginning of a handshake (RFC 8446, 6). */
const ALERT = Buffer.from([0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x28]);

/** Leads new connections to another server, and ends those that stand. */
async function leadTo(stage: Stage, server: Server): Promise<void> {
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  server.on('connection', () => {
    stage.strikes += 1;
  });
  stage.afterwards(() => void server.close());
  stage.network.leadTo((server.address() as AddressInfo).port);
  stage.network.reset();
}

function leadBack(stage: Stage): void {
  stage.network.leadTo(stage.service.address.tlsPort);
}

function alertTls(stage: Stage): Promise<void> {
  return leadTo(
    stage,
    createTcpServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => socket.end(ALERT));
    }),
  );
}

/** A certificate that nobody here has signed. */
function refuseCertificate(stage: Stage): Promise<void> {
  using ca = createCa('Another CA');
  const server = createTlsServer(pem(ca.issue('localhost')));
  server.on('tlsClientError', () => {});
  return leadTo(stage, server);
}

/** Between the pipeline and the service. */
export const NETWORK_FAULTS: readonly Fault[] = [
  {
    name: 'connection reset',
    goal: 'nothing lost',
    strikes: sessionWasOpen,
    strike: ({ network }) => network.reset(),
  },
  {
    name: 'half-open: the connection is dead and not closed, a new one works',
    goal: 'nothing lost',
    strikes: sessionWasOpen,
    properties: 'connection-staleness=3',
    strike: ({ network }) => network.kill(),
  },
  {
    name: 'answer ended by the service, data still taken',
    goal: 'nothing lost',
    strikes: sessionWasOpen,
    strike: ({ network }) => network.halfClose(),
  },
  {
    name: 'stalled both ways for 5 s, new connections too',
    goal: 'nothing lost',
    strikes: ({ network }) => network.hindered,
    strike: ({ network }) => network.stall(),
    lastsMs: 5_000,
    mend: ({ network }) => network.resume(),
  },
  {
    name: '10 % bandwidth for 5 s',
    goal: 'nothing lost',
    strikes: ({ network }) => network.hindered,
    strike: ({ network: { up } }) => {
      up.bandwidth = TENTH_BYTES_PER_S;
    },
    lastsMs: 5_000,
    mend: ({ network: { up } }) => {
      delete up.bandwidth;
    },
  },
  {
    name: 'packets lost (5 %) and 200 ms late, for 5 s',
    goal: 'nothing lost',
    strikes: ({ ownNetwork }) => ownNetwork?.lost ?? 0,
    missing: missingNetem,
    hasOwnNetwork: true,
    strike: ({ ownNetwork }) => ownNetwork?.worsen('delay', '200ms', '50ms', 'loss', '5%'),
    lastsMs: 5_000,
    mend: ({ ownNetwork }) => ownNetwork?.heal(),
  },
  {
    name: 'no names (DNS) for 5 s, and a connection reset',
    goal: 'nothing lost',
    strikes: ({ names }) => names?.asked ?? 0,
    missing: missingMounts,
    hasOwnNames: true,
    strike: ({ names, network }) => {
      names?.goAway();
      network.reset();
    },
    lastsMs: 5_000,
    mend: ({ names }) => names?.comeBack(),
  },
  {
    name: 'no names (DNS) for the first 5 s',
    goal: 'nothing lost',
    strikes: ({ names }) => names?.asked ?? 0,
    missing: missingMounts,
    hasOwnNames: true,
    from: 'start',
    strike: ({ names }) => names?.goAway(),
    lastsMs: 5_000,
    mend: ({ names }) => names?.comeBack(),
  },
  {
    name: 'TLS alert to each new connection for 5 s, and a reset',
    goal: 'nothing lost',
    strikes: sawItself,
    isTls: true,
    strike: alertTls,
    lastsMs: 5_000,
    mend: leadBack,
  },
  {
    name: 'certificate of another CA for 5 s, and a reset',
    goal: 'nothing lost',
    strikes: sawItself,
    isTls: true,
    strike: refuseCertificate,
    lastsMs: 5_000,
    mend: leadBack,
  },
  {
    name: 'certificate of another CA from the start',
    goal: 'reported',
    strikes: sawItself,
    isTls: true,
    from: 'start',
    properties: 'stop-stream-timeout=3',
    strike: refuseCertificate,
  },
  {
    name: 'connections refused from the third second on',
    goal: 'reported',
    strikes: ({ network }) => network.hindered,
    properties: 'stop-stream-timeout=3',
    strike: ({ network }) => {
      network.isAccepting = false;
      network.reset();
    },
  },
];
