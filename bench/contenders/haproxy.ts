/** haproxy as a reverse proxy, one thread, doing what the others do: forwarded headers, Via, a request id, upstream reuse. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { startPinned, type ContenderOptions, type RunningContender } from './contender.ts';

/** Inside a frontend: what a gateway does at least. */
export const HAPROXY_HEADERS = `  unique-id-format %[uuid]
  http-request set-header X-Request-Id %[unique-id]
  http-request set-header X-Forwarded-Proto http
  http-request set-header X-Forwarded-Host %[req.hdr(Host)]
  http-request set-header X-Forwarded-Port %[dst_port]
  http-request set-header X-Real-IP %[src]
  http-request add-header Via "1.1 haproxy"
  http-response add-header Via "1.1 haproxy"
  http-response set-header X-Request-Id %[unique-id]
  option forwardfor`;

export function haproxyVersion(): string {
  return /version ([\d.]+)/i.exec(String(spawnSync('haproxy', ['-v']).stdout))?.[1] ?? 'unknown';
}

export async function startHaproxyGateway(options: ContenderOptions): Promise<RunningContender> {
  const root = join(options.folder, 'haproxy');
  mkdirSync(root, { recursive: true });
  const file = join(root, 'haproxy.cfg');
  writeFileSync(file, `
global
  nbthread 1
  maxconn 4096
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  http-reuse always
frontend proxy
  bind 127.0.0.1:${options.port} backlog 4096
${HAPROXY_HEADERS}
  default_backend origin
backend origin
  server origin 127.0.0.1:${options.originPort} pool-max-conn 512
`);
  const running = await startPinned('haproxy', ['-db', '-f', file], options.cpu, options.port);
  return { name: 'haproxy', version: haproxyVersion(), port: options.port, ...running };
}
