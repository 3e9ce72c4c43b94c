/** nginx: as the origin of every bench (static answers from memory) and as the gateway to compare with, one worker each. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { startPinned, type ContenderOptions, type RunningContender } from './contender.ts';

const SMALL_BODY = 'x'.repeat(100);

/** The origin: `/small` 100 B, `/medium` 10 KiB and `/large` 64 KiB from the page cache, anything else takes a body and answers 100 B. */
export async function startOrigin(port: number, folder: string, cpu: number): Promise<{ stop(): Promise<void> }> {
  const root = join(folder, 'origin');
  mkdirSync(root, { recursive: true, mode: 0o755 });
  writeFileSync(join(root, 'large'), Buffer.alloc(64 * 1024, 'x'));
  writeFileSync(join(root, 'medium'), Buffer.alloc(10 * 1024, 'x'));
  return startNginx(root, cpu, port, `
    server {
      listen 127.0.0.1:${port} backlog=4096;
      keepalive_requests 100000000;
      location = /small { default_type text/plain; return 200 "${SMALL_BODY}"; }
      location = /medium { default_type text/plain; root ${root}; }
      location = /large { default_type application/octet-stream; root ${root}; }
      location / { client_max_body_size 1m; default_type text/plain; return 200 "${SMALL_BODY}"; }
    }`);
}

/** Inside a location: to the upstream `origin`, with what a gateway does at least. */
export const NGINX_PROXIES = `
        proxy_pass http://origin;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_set_header Host $host;
        proxy_set_header X-Real-IP $remote_addr;
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        proxy_set_header X-Forwarded-Proto $scheme;
        proxy_set_header X-Forwarded-Host $host;
        proxy_set_header X-Forwarded-Port $server_port;
        proxy_set_header X-Request-Id $request_id;
        proxy_set_header Via "1.1 nginx";
        add_header Via "1.1 nginx";
        add_header X-Request-Id $request_id;`;

/** nginx as a reverse proxy that does what the others do: forwarded headers, Via, a request id, upstream keep-alive. */
export async function startNginxGateway(options: ContenderOptions): Promise<RunningContender> {
  const root = join(options.folder, 'nginx');
  mkdirSync(root, { recursive: true });
  const running = await startNginx(root, options.cpu, options.port, `
    upstream origin { server 127.0.0.1:${options.originPort}; keepalive 512; keepalive_requests 100000000; }
    server {
      listen 127.0.0.1:${options.port} backlog=4096;
      keepalive_requests 100000000;
      location / {
${NGINX_PROXIES}
      }
    }`);
  return { name: 'nginx', version: nginxVersion(), port: options.port, ...running };
}

export function startNginx(root: string, cpu: number, port: number, servers: string): Promise<{ readonly pid: number; stop(): Promise<void> }> {
  const file = join(root, 'nginx.conf');
  writeFileSync(file, `
    worker_processes 1;
    daemon off;
    pid ${join(root, 'nginx.pid')};
    error_log ${join(root, 'error.log')} error;
    events { worker_connections 16384; }
    http {
      access_log off;
      sendfile on;
      tcp_nodelay on;
      client_body_temp_path ${root}; proxy_temp_path ${root}; fastcgi_temp_path ${root}; uwsgi_temp_path ${root}; scgi_temp_path ${root};
      ${servers}
    }`);
  // As root, nginx's worker would run as www-data and could not enter the scratch folder.
  const user = process.getuid?.() === 0 ? ['-g', 'user root;'] : [];
  return startPinned('nginx', ['-c', file, '-p', root, ...user], cpu, port);
}

export function nginxVersion(): string {
  return /nginx\/([\d.]+)/.exec(String(spawnSync('nginx', ['-v']).stderr))?.[1] ?? 'unknown';
}
