/** haproxy for the protocol bench, one thread. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, startPinned } from './contender.ts';
import { HAPROXY_HEADERS, haproxyVersion } from './haproxy.ts';
import type { ProtocolContender, ProtocolOptions } from './protocol-contender.ts';

export async function startProtocolHaproxy({ origins, folder, cpu, certificate }: ProtocolOptions): Promise<ProtocolContender> {
  const root = join(folder, 'protocol-haproxy');
  mkdirSync(root, { recursive: true });
  const both = join(root, 'bench.pem');
  writeFileSync(both, certificate.certPem + certificate.keyPem);
  const ports = { plain: await freePort(), tls: await freePort(), grpc: await freePort() };
  const file = join(root, 'haproxy.cfg');
  writeFileSync(file, `
global
  nbthread 1
  maxconn 8192
  tune.h2.max-concurrent-streams 1024
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  timeout tunnel 60s
  http-reuse always
frontend proxy
  bind 127.0.0.1:${ports.plain} backlog 4096
  bind 127.0.0.1:${ports.tls} backlog 4096 ssl crt ${both} alpn h2,http/1.1
${HAPROXY_HEADERS}
  use_backend socket if { path /ws }
  default_backend origin
frontend grpc
  bind 127.0.0.1:${ports.grpc} backlog 4096 proto h2
  unique-id-format %[uuid]
  http-request set-header X-Request-Id %[unique-id]
  http-request set-header X-Real-IP %[src]
  default_backend grpc_origin
backend origin
  server origin 127.0.0.1:${origins.http} pool-max-conn 512
backend socket
  server socket 127.0.0.1:${origins.webSocket}
backend grpc_origin
  server grpc 127.0.0.1:${origins.grpc} proto h2 pool-max-conn 512
`);
  const running = await startPinned('haproxy', ['-db', '-f', file], cpu, ports.plain);
  return { name: 'haproxy', version: haproxyVersion(), ports, ...running };
}
