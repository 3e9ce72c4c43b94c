/** nginx for the protocol bench: as the origins for HTTP and gRPC, and as the gateway to compare with. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from './contender.ts';
import { NGINX_PROXIES, nginxVersion, startNginx } from './nginx.ts';
import type { ProtocolContender, ProtocolOptions } from './protocol-contender.ts';

const MANY = 'keepalive_requests 100000000;';

/** A gRPC server as far as a proxy can see: HTTP/2 in the clear, one message of 10 bytes, then the trailers. */
export async function startGrpcOrigin(port: number, folder: string, cpu: number): Promise<{ stop(): Promise<void> }> {
  const root = join(folder, 'grpc-origin');
  mkdirSync(root, { recursive: true, mode: 0o755 });
  writeFileSync(join(root, 'answer'), grpcMessage(10));
  return startNginx(root, cpu, port, `
    server {
      listen 127.0.0.1:${port} http2 backlog=4096;
      ${MANY}
      location = /answer { internal; root ${root}; default_type application/grpc; add_trailer grpc-status 0 always; }
      location / { root ${root}; error_page 405 =200 /answer; error_page 404 =200 /answer; }
    }`);
}

/** A message as gRPC frames it: not compressed, its length, its bytes. */
export function grpcMessage(bytes: number): Buffer {
  const message = Buffer.alloc(5 + bytes, 1);
  message[0] = 0;
  message.writeUInt32BE(bytes, 1);
  return message;
}

export async function startProtocolNginx({ origins, folder, cpu, certificate }: ProtocolOptions): Promise<ProtocolContender> {
  const root = join(folder, 'protocol-nginx');
  mkdirSync(root, { recursive: true });
  const ports = { plain: await freePort(), tls: await freePort(), grpc: await freePort() };
  const proxied = `
      ${MANY}
      location /ws {
        proxy_pass http://socket;
        proxy_http_version 1.1;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection "upgrade";
        proxy_set_header Host $host;
      }
      location / {
${NGINX_PROXIES}
      }`;
  const running = await startNginx(root, cpu, ports.plain, `
    upstream origin { server 127.0.0.1:${origins.http}; keepalive 512; ${MANY} }
    upstream socket { server 127.0.0.1:${origins.webSocket}; }
    upstream grpc_origin { server 127.0.0.1:${origins.grpc}; keepalive 512; ${MANY} }
    ssl_certificate ${certificate.certFile};
    ssl_certificate_key ${certificate.keyFile};
    ssl_protocols TLSv1.2 TLSv1.3;
    http2_max_concurrent_streams 1024;
    server { listen 127.0.0.1:${ports.plain} backlog=4096; ${proxied} }
    server { listen 127.0.0.1:${ports.tls} ssl http2 backlog=4096; ${proxied} }
    server {
      listen 127.0.0.1:${ports.grpc} http2 backlog=4096;
      ${MANY}
      location / { grpc_pass grpc://grpc_origin; grpc_set_header X-Real-IP $remote_addr; grpc_set_header X-Request-Id $request_id; add_header X-Request-Id $request_id; }
    }`);
  return { name: 'nginx', version: nginxVersion(), ports, ...running };
}
