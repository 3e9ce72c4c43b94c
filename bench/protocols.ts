/**
 * `npm run bench -- protocols`: TLS, HTTP/2, gRPC, WebSocket, a fixed rate: CPU microseconds per request of the gateway's process tree
 * against nginx and haproxy on the same case. Contenders take turns in every round; a figure of ours with errors is thrown out loudly.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BenchOptions } from './main.ts';
import { freePort, startPinned } from './contenders/contender.ts';
import { startOrigin } from './contenders/nginx.ts';
import { makeCertificate, type ProtocolContender, type ProtocolOptions } from './contenders/protocol-contender.ts';
import { startProtocolHaproxy } from './contenders/protocol-haproxy.ts';
import { startProtocolHoldfast } from './contenders/protocol-holdfast.ts';
import { grpcMessage, startGrpcOrigin, startProtocolNginx } from './contenders/protocol-nginx.ts';
import { runH2Load } from './h2load.ts';
import { outputOf, runLoad, type LoadResult } from './load.ts';
import { CONNECTIONS, GATEWAY_CPU, LOAD_CPU, machine, printTurns, takeTurns, type Turns } from './turns.ts';

const OPEN_LOOP_PER_SECOND = 2_000;
/** nginx loses a call now and then where an upstream connection ends; told in the table. */
const TOLERATED_OF_PEERS = 0.001;

interface ProtocolCase {
  readonly name: string;
  readonly load: (contender: ProtocolContender, seconds: number, files: CaseFiles) => Promise<LoadResult>;
}

interface CaseFiles {
  readonly grpcRequest: string;
}

const CASES: readonly ProtocolCase[] = [
  { name: 'TLS 1.3, 100 B, keep-alive', load: ({ ports }, seconds) => runLoad({ port: ports.tls, tls: true, path: '/small', connections: CONNECTIONS, seconds, cpu: LOAD_CPU }) },
  { name: 'TLS 1.3, a full handshake for each request', load: ({ ports }, seconds) => runLoad({ port: ports.tls, tls: true, path: '/small', headers: ['Connection: close'], connections: 16, seconds, cpu: LOAD_CPU }) },
  { name: 'HTTP/2 over TLS, 4 connections of 64 streams', load: ({ ports }, seconds) => runH2Load({ url: `https://127.0.0.1:${ports.tls}/small`, connections: 4, streams: 64, seconds, cpu: LOAD_CPU }) },
  {
    name: 'gRPC unary, 4 connections of 64 streams',
    load: ({ ports }, seconds, { grpcRequest }) => runH2Load({
      url: `http://127.0.0.1:${ports.grpc}/bench.Echo/Say`, connections: 4, streams: 64, seconds, cpu: LOAD_CPU, bodyFile: grpcRequest, headers: ['content-type: application/grpc', 'te: trailers'],
    }),
  },
  { name: 'WebSocket echo, 1 KiB frames, 64 connections', load: ({ ports }, seconds) => runWebSocketLoad(ports.plain, seconds) },
  { name: `HTTP/1.1 at ${OPEN_LOOP_PER_SECOND} requests/s, open loop`, load: ({ ports }, seconds) => runH2Load({ url: `http://127.0.0.1:${ports.plain}/small`, connections: 50, streams: 1, seconds, cpu: LOAD_CPU, perSecond: OPEN_LOOP_PER_SECOND }) },
];

const CONTENDERS: readonly (readonly [string, (options: ProtocolOptions) => Promise<ProtocolContender>])[] = [
  ['holdfast', startProtocolHoldfast],
  ['nginx', startProtocolNginx],
  ['haproxy', startProtocolHaproxy],
];

export async function runProtocolBench(options: BenchOptions): Promise<void> {
  if (cpus().length < 2) throw new Error('the bench needs two CPUs: one for the gateway, one for load and origin');
  const cases = CASES.filter(({ name }) => name.toLowerCase().includes(options.onlyCase.toLowerCase()));
  if (cases.length === 0) throw new Error(`--case: no case has "${options.onlyCase}" in its name; there are: ${CASES.map(({ name }) => name).join('; ')}`);
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  const stops: { stop(): Promise<void> }[] = [];
  try {
    const origins = { http: await freePort(), grpc: await freePort(), webSocket: await freePort() };
    stops.push(await startOrigin(origins.http, folder, LOAD_CPU), await startGrpcOrigin(origins.grpc, folder, LOAD_CPU), await startWebSocketOrigin(origins.webSocket));
    const files = { grpcRequest: join(folder, 'grpc-request') };
    writeFileSync(files.grpcRequest, grpcMessage(10));
    const certificate = makeCertificate(folder);
    const running: ProtocolContender[] = [];
    for (const [name, start] of CONTENDERS) {
      if (options.only.length > 0 && !options.only.includes(name)) continue;
      const contender = await start({ origins, folder, cpu: GATEWAY_CPU, certificate });
      running.push(contender);
      stops.push(contender);
    }
    const results: Record<string, Turns> = {};
    for (const one of cases) {
      const load = (contender: ProtocolContender, seconds: number): Promise<LoadResult> => one.load(contender, seconds, files);
      const turns = await takeTurns({ title: one.name, load, toleratedOfPeers: TOLERATED_OF_PEERS }, running, options);
      results[one.name] = turns;
      printTurns(one.name, running, turns, options);
    }
    if (options.smoke || options.only.length > 0 || options.onlyCase !== '') return;
    const contenders = running.map(({ name, version }) => ({ name, version }));
    writeFileSync(fileURLToPath(new URL('./results/protocols.json', import.meta.url)), `${JSON.stringify({ command: 'npm run bench -- protocols', machine: machine(), rounds: options.rounds, seconds: options.seconds, contenders, results }, null, 1)}\n`);
  } finally {
    for (const one of stops.reverse()) await one.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function runWebSocketLoad(port: number, seconds: number): Promise<LoadResult> {
  const program = fileURLToPath(new URL('./load-programs/websocket-load.ts', import.meta.url));
  const environment = [`PORT=${port}`, `CONNECTIONS=${CONNECTIONS}`, `SECONDS=${seconds}`];
  return JSON.parse(await outputOf('taskset', ['-c', String(LOAD_CPU), 'env', ...environment, process.execPath, program])) as LoadResult;
}

function startWebSocketOrigin(port: number): Promise<{ stop(): Promise<void> }> {
  const program = fileURLToPath(new URL('./load-programs/websocket-origin.ts', import.meta.url));
  return startPinned('env', [`PORT=${port}`, process.execPath, program], LOAD_CPU, port);
}
