/** `@fastify/http-proxy` as its documentation shows it. Also the program itself: run with PORT and ORIGIN_PORT. */
import fastify from 'fastify';
import fastifyHttpProxy from '@fastify/http-proxy';

const app = fastify({ logger: false, keepAliveTimeout: 600_000, bodyLimit: 2 ** 20 });
await app.register(fastifyHttpProxy, {
  upstream: `http://127.0.0.1:${process.env['ORIGIN_PORT']}`,
  undici: { connections: 512, pipelining: 1 },
});
await app.listen({ port: Number(process.env['PORT']), host: '127.0.0.1' });
