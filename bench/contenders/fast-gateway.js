/** `fast-gateway` as its documentation shows it. Run with PORT and ORIGIN_PORT. */
import gateway from 'fast-gateway';

const server = gateway({ routes: [{ prefix: '', prefixRewrite: '', target: `http://127.0.0.1:${process.env.ORIGIN_PORT}` }] });
const listening = await server.start(Number(process.env.PORT), '127.0.0.1');
listening.keepAliveTimeout = 600_000;
