/**
 * Sends 1 KiB frames over so many WebSockets, the next when the echo of the last is there, and prints what it measured as
 * JSON. Run with PORT, CONNECTIONS, SECONDS. Checks that every echo has the length of what was sent.
 */
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';

const PAYLOAD_BYTES = 1_024;
const [port, connections, seconds] = ['PORT', 'CONNECTIONS', 'SECONDS'].map((name) => Number(process.env[name]));
const frame = makeFrame();
const latencies: number[] = [];
let errors = 0;
let until = 0;

function makeFrame(): Buffer {
  const head = Buffer.from([0x82, 0x80 | 126, PAYLOAD_BYTES >> 8, PAYLOAD_BYTES & 255]);
  return Buffer.concat([head, randomBytes(4), randomBytes(PAYLOAD_BYTES)]);
}

function converse(): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ port: port ?? 0, host: '127.0.0.1', noDelay: true });
    let received = 0;
    let sentAt = 0;
    let isOpen = false;
    const send = (): void => {
      if (performance.now() >= until) return void socket.destroy();
      received = 0;
      sentAt = performance.now();
      socket.write(frame);
      return undefined;
    };
    socket.on('connect', () => socket.write(`GET /ws HTTP/1.1\r\nHost: bench\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n\r\n`));
    socket.on('data', (bytes) => {
      if (!isOpen) {
        if (!bytes.toString('latin1').startsWith('HTTP/1.1 101')) {
          errors += 1;
          return void socket.destroy();
        }
        isOpen = true;
        return send();
      }
      received += bytes.length;
      if (received < PAYLOAD_BYTES + 4) return undefined;
      if (received > PAYLOAD_BYTES + 4) errors += 1;
      latencies.push(performance.now() - sentAt);
      return send();
    });
    socket.on('error', () => (errors += 1));
    socket.on('close', () => {
      if (performance.now() < until) errors += 1;
      resolve();
    });
  });
}

const begun = performance.now();
until = begun + (seconds ?? 0) * 1_000;
await Promise.all(Array.from({ length: connections ?? 0 }, converse));
const elapsed = (performance.now() - begun) / 1_000;
const sorted = latencies.toSorted((a, b) => a - b);
const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
console.log(JSON.stringify({ requests: latencies.length, requestsPerSecond: latencies.length / elapsed, p50Ms: at(0.5), p99Ms: at(0.99), errors }));
