/** One target of the endurance run, a process of its own so that it can be killed: answers each request with the number at the end of its path. */
import { createServer } from 'node:http';

const server = createServer((request, response) => {
  const number = /(\d+)$/.exec(request.url ?? '')?.[1] ?? 'healthy';
  response.writeHead(200, { 'content-type': 'text/plain', 'content-length': number.length });
  response.end(number);
});
server.keepAliveTimeout = 60_000;
server.listen(Number(process.argv[2]), '127.0.0.1');
process.on('SIGTERM', () => process.exit(0));
