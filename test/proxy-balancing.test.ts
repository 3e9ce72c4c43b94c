/** Real origins that are slow, die and come back: who gets requests, and that none fails for a reason of ours. */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:net';
import { response, startRecordingOrigin, type RecordingOrigin } from './support/recording-origin.ts';
import { scenario } from './support/scenario.ts';
import { staticConfig, staticUpstream, type StaticRoute } from './support/static-config.ts';
import { waitUntil } from './support/wait-until.ts';
import type { ProxyScene } from './support/proxy-scene.ts';
import type { JsonObject } from '../shared/model/definition.ts';
import type { RuntimeService } from '../data-plane/config/active-config.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const POST = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi';

async function withOrigins(count: number, run: (origins: readonly RecordingOrigin[]) => Promise<void>): Promise<void> {
  const origins = await Promise.all(Array.from({ length: count }, (_, index) => startRecordingOrigin(() => response(`${index}`))));
  try {
    await run(origins);
  } finally {
    await Promise.all(origins.map((origin) => origin.close()));
  }
}

interface Target { readonly port: number; readonly weight?: number; readonly isFailover?: boolean }

function balanced(targets: readonly Target[], fields: JsonObject, service: Partial<RuntimeService> = {}, route: Partial<StaticRoute> = {}): ReturnType<typeof staticConfig> {
  const upstream = staticUpstream(targets.map((target) => ({ host: '127.0.0.1', ...target })), null, fields);
  return staticConfig({ routes: [{ path: '/', stripPath: false, ...route, service: { host: 'u', upstream, ...service } }] });
}

/** Bodies of answers, one after the other on one connection. */
async function ask(scene: ProxyScene, count: number, request = GET): Promise<readonly string[]> {
  const client = await scene.connect();
  const answers: string[] = [];
  for (let index = 0; index < count; index++) {
    client.send(request);
    const answer = await client.response();
    answers.push(answer.status === 200 ? answer.body : `${answer.status} ${answer.header('x-holdfast-error') ?? ''}`);
  }
  client.close();
  return answers;
}

async function stopListening(server: Server): Promise<void> {
  await new Promise<void>((resolve) => server.close(() => resolve()));
}

/** An origin that can go and come back on its port. */
class Mortal {
  #server: Server | undefined;
  #port = 0;
  #sockets = new Set<{ destroy(): unknown }>();
  requests = 0;

  get port(): number {
    return this.#port;
  }

  async start(): Promise<void> {
    const server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('data', () => {
        this.requests += 1;
        socket.write(response('mortal'));
      });
    });
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(this.#port, '127.0.0.1', resolve));
    const address = server.address();
    if (typeof address === 'object' && address !== null) this.#port = address.port;
    this.#server = server;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    const server = this.#server;
    this.#server = undefined;
    if (server !== undefined) await stopListening(server);
  }
}

/** Back after so many seconds; the back-off of passive checks is 5 s. */
const ejectedFor = (seconds: number): JsonObject => ({ outlier_detection: { consecutive_failures: 1, base_ejection_time: seconds, max_ejected_percent: 100 } });
const PASSIVE = { healthchecks: { passive: { unhealthy: { tcp_failures: 1, http_failures: 2, http_statuses: [500] } } } };

scenario('a target that dies costs no request, takes none while its circuit is open, and comes back by one probing request', { proxy: { random: () => 0.5 } }, async (scene) => {
  const mortal = new Mortal();
  await mortal.start();
  try {
    await withOrigins(1, async ([steady]) => {
      scene.serve(balanced([{ port: mortal.port }, { port: steady?.port ?? 0 }], ejectedFor(2)));
      assert.deepEqual((await ask(scene, 4)).toSorted(), ['0', '0', 'mortal', 'mortal']);
      await mortal.stop();
      assert.deepEqual(new Set(await ask(scene, 10, POST)), new Set(['0']), 'POST too: nothing was sent to a target that refuses');
      assert.equal(scene.proxy.stats().circuitsOpened, 1);
      const [row] = scene.proxy.upstreams.report().targets.filter(({ state }) => state !== 'closed');
      assert.deepEqual([row?.target, row?.state, row?.reason], [`127.0.0.1:${mortal.port}`, 'open', 'outlier']);
      const { retries } = scene.proxy.stats();
      await ask(scene, 4);
      assert.equal(scene.proxy.stats().retries, retries, 'nobody is sent there while it is open');
      await mortal.start();
      await waitUntil('the target to be tried again', async () => (await ask(scene, 2)).includes('mortal'));
      assert.equal(scene.proxy.stats().circuitsClosed, 1);
      assert.deepEqual((await ask(scene, 4)).toSorted(), ['0', '0', 'mortal', 'mortal']);
    });
  } finally {
    await mortal.stop();
  }
});

scenario('targets that die and come back under load fail no request that may be tried again', {}, async (scene) => {
  const mortals = [new Mortal(), new Mortal(), new Mortal()];
  for (const mortal of mortals) await mortal.start();
  try {
    scene.serve(balanced(mortals.map(({ port }) => ({ port })), ejectedFor(0.3)));
    const answers: string[] = [];
    let isOver = false;
    const load = Promise.all(Array.from({ length: 8 }, async () => {
      while (!isOver) answers.push(...await ask(scene, 10));
    }));
    for (let round = 0; round < 9; round++) {
      const mortal = mortals[round % 3];
      await mortal?.stop();
      const { length } = answers;
      await waitUntil('some more answers', () => answers.length > length + 100);
      await mortal?.start();
      const before = mortal?.requests ?? 0;
      await waitUntil('the target to be found again', () => (mortal?.requests ?? 0) > before);
    }
    isOver = true;
    await load;
    assert.deepEqual(answers.filter((answer) => answer !== 'mortal'), []);
    assert.ok(scene.proxy.stats().circuitsOpened >= 9 && scene.proxy.stats().circuitsClosed >= 8, JSON.stringify(scene.proxy.stats()));
  } finally {
    for (const mortal of mortals) await mortal.stop();
  }
});

scenario('failover targets take requests only while all others are down', {}, async (scene) => {
  await withOrigins(2, async ([regular, spare]) => {
    scene.serve(balanced([{ port: regular?.port ?? 0 }, { port: spare?.port ?? 0, isFailover: true }], PASSIVE));
    assert.deepEqual(new Set(await ask(scene, 6)), new Set(['0']));
    await regular?.close();
    assert.deepEqual(new Set(await ask(scene, 6)), new Set(['1']));
  });
});

scenario('statuses open a circuit as configured, and too little weight left is 503', {}, async (scene) => {
  await withOrigins(2, async ([bad, good]) => {
    bad?.respond(() => response('', [], '500 No'));
    const targets = [{ port: bad?.port ?? 0, weight: 100 }, { port: good?.port ?? 0, weight: 100 }];
    scene.serve(balanced(targets, PASSIVE));
    const answers = await ask(scene, 10);
    assert.equal(answers.filter((answer) => answer.startsWith('500')).length, 2);
    assert.equal(answers.filter((answer) => answer === '1').length, 8);
    scene.serve(balanced(targets, { healthchecks: { ...PASSIVE.healthchecks, threshold: 60 } }));
    assert.deepEqual(await ask(scene, 2), ['503 UPSTREAM_TARGET_MISSING', '503 UPSTREAM_TARGET_MISSING'], 'and the health of targets outlived the change of configuration');
  });
});

scenario('outliers are ejected down to a floor', {}, async (scene) => {
  await withOrigins(4, async (origins) => {
    for (const origin of origins) origin.respond(() => response('', [], '502 No'));
    scene.serve(balanced(origins.map(({ port }) => ({ port })), { outlier_detection: { consecutive_failures: 2, max_ejected_percent: 50 } }));
    await ask(scene, 40);
    assert.deepEqual(scene.proxy.upstreams.report().targets.map(({ state, reason }) => `${state} ${reason}`).toSorted(), ['closed null', 'closed null', 'open outlier', 'open outlier']);
  });
});

scenario('an idempotent request goes to another target after a reset or a configured status, a POST never', {}, async (scene) => {
  await withOrigins(2, async ([bad, good]) => {
    const targets = [{ port: bad?.port ?? 0 }, { port: good?.port ?? 0 }];
    scene.serve(balanced(targets, {}, { retryStatuses: new Set([503]) }));
    bad?.respond((_, socket) => void socket.destroy());
    assert.deepEqual(new Set(await ask(scene, 4)), new Set(['1']));
    bad?.respond(() => response('busy', [], '503 Busy'));
    assert.deepEqual(new Set(await ask(scene, 4)), new Set(['1']));
    assert.deepEqual(new Set(await ask(scene, 4, 'PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi')), new Set(['1']));
    assert.deepEqual(good?.requests.filter(({ method }) => method === 'PUT').map(({ body }) => body), ['hi', 'hi', 'hi', 'hi']);
    const before = good?.requests.length ?? 0;
    assert.deepEqual((await ask(scene, 4, POST)).toSorted(), ['1', '1', '503 ', '503 ']);
    assert.equal(good?.requests.length, before + 2, 'the POSTs that got 503 reached no other target');
    bad?.respond((_, socket) => void socket.destroy());
    assert.deepEqual((await ask(scene, 4, POST)).toSorted(), ['1', '1', '502 UPSTREAM_CLOSED', '502 UPSTREAM_CLOSED']);
    good?.respond(() => response('busy', [], '503 Busy'));
    bad?.respond(() => response('busy', [], '503 Busy'));
    assert.deepEqual(new Set(await ask(scene, 2)), new Set(['503 ']), 'where every target says so, it is the answer');
    await waitUntil('no connection of a dropped answer to be left', () => scene.proxy.stats().busyUpstream === 0);
  });
});

scenario('the right to send a probing request is given back where the client leaves before it is sent', { proxy: { random: () => 0.99 } }, async (scene) => {
  await withOrigins(3, async ([one, other, ejected]) => {
    const targets = [{ port: one?.port ?? 0, weight: 20 }, { port: other?.port ?? 0, weight: 20 }, { port: ejected?.port ?? 0, weight: 1 }];
    scene.serve(balanced(targets, ejectedFor(0.1), { retryStatuses: new Set([429]) }));
    ejected?.respond((_, socket) => void socket.destroy());
    const client = await scene.connect();
    await waitUntil('it to be ejected', async () => (await ask(scene, 10), scene.proxy.stats().circuitsOpened === 1));
    const ejectedAt = performance.now();
    for (const origin of [one, other]) origin?.respond(() => response('busy', [], '429 Busy'));
    await waitUntil('its time to be over', () => performance.now() > ejectedAt + 200);
    const { retries } = scene.proxy.stats();
    client.send(GET);
    await waitUntil('the third try, which waits a little', () => scene.proxy.stats().retries === retries + 2);
    client.socket.resetAndDestroy();
    await waitUntil('the request to end', () => scene.proxy.stats().activeRequests === 0);
    for (const origin of [one, other, ejected]) origin?.respond(() => response('well'));
    assert.equal(ejected?.requests.length, 1);
    await ask(scene, 50);
    assert.equal(scene.proxy.stats().circuitsClosed, 1);
  });
});

scenario('a target that dies under little load costs none of its requests', {}, async (scene) => {
  await withOrigins(2, async ([dying, good]) => {
    scene.serve(balanced([{ port: dying?.port ?? 0 }, { port: good?.port ?? 0 }], {}));
    dying?.respond(() => undefined);
    const asked = Promise.all(Array.from({ length: 16 }, () => ask(scene, 1)));
    await waitUntil('half of them to wait there', () => dying?.requests.length === 8);
    dying?.endConnections();
    assert.deepEqual(new Set((await asked).flat()), new Set(['1']));
    assert.equal(scene.proxy.stats().retriesOverBudget, 0);
  });
});

scenario('a timeout leads to another target, within the budget', {}, async (scene) => {
  await withOrigins(2, async ([slow, good]) => {
    slow?.respond(() => undefined);
    const targets = [{ port: slow?.port ?? 0, weight: 65_535 }, { port: good?.port ?? 0, weight: 1 }];
    scene.serve(balanced(targets, {}, { readTimeoutMs: 400 }));
    // In ten seconds 100 retries of so few requests.
    const many = await Promise.all(Array.from({ length: 120 }, () => ask(scene, 1)));
    const refused = many.flat().filter((answer) => answer === '504 UPSTREAM_READ_TIMEOUT').length;
    assert.equal(refused, (slow?.requests.length ?? 0) - 100);
    assert.ok(refused > 0);
    assert.equal(scene.proxy.stats().retriesOverBudget, refused);
    scene.serve(balanced(targets, {}, { readTimeoutMs: 400, retryOn: new Set(['connect-failure']) }));
    assert.deepEqual(await ask(scene, 1), ['504 UPSTREAM_READ_TIMEOUT']);
  });
});

scenario('a single target that is away for a moment costs waiting, not a failure', {}, async (scene) => {
  const mortal = new Mortal();
  await mortal.start();
  await mortal.stop();
  try {
    scene.serve(staticConfig({ routes: [{ path: '/', service: { port: mortal.port, retries: 20 } }] }));
    const asking = ask(scene, 1, POST);
    await waitUntil('a second try', () => scene.proxy.stats().retries > 1);
    await mortal.start();
    assert.deepEqual(await asking, ['mortal']);
    assert.equal(mortal.requests, 1);
  } finally {
    await mortal.stop();
  }
});

scenario('max_connections and max_pending_requests: some wait, some are turned away', {}, async (scene) => {
  await withOrigins(1, async ([origin]) => {
    const held: (() => void)[] = [];
    origin?.respond((_, socket) => void held.push(() => socket.write(response('done'))));
    const config = (fields: JsonObject, connectTimeoutMs: number): ReturnType<typeof balanced> => balanced([{ port: origin?.port ?? 0 }], fields, { connectTimeoutMs });
    scene.serve(config({ max_connections: 2, max_pending_requests: 1 }, 10_000));
    const asked = [ask(scene, 1), ask(scene, 1)];
    await waitUntil('two requests upstream', () => held.length === 2);
    asked.push(ask(scene, 1));
    await waitUntil('three requests begun', () => scene.proxy.stats().activeRequests === 3);
    assert.deepEqual(await ask(scene, 1), ['503 UPSTREAM_PENDING_OVERFLOW']);
    held[0]?.();
    await waitUntil('the one in line to be sent', () => held.length === 3);
    assert.equal(origin?.connections, 2);
    for (const release of held.slice(1)) release();
    assert.deepEqual((await Promise.all(asked)).flat(), ['done', 'done', 'done']);
    scene.serve(config({ max_connections: 2 }, 50));
    const again = [ask(scene, 1), ask(scene, 1)];
    await waitUntil('two requests upstream', () => held.length === 5);
    assert.deepEqual(await ask(scene, 1), ['503 UPSTREAM_PENDING_TIMEOUT']);
    for (const release of held.slice(3)) release();
    await Promise.all(again);
  });
});

scenario('max_connections is kept whatever comes and goes, and nobody is forgotten in line', {}, async (scene) => {
  await withOrigins(1, async ([origin]) => {
    const timers = new Set<NodeJS.Timeout>();
    let most = 0;
    let turn = 0;
    origin?.respond((_, socket) => {
      most = Math.max(most, origin.openConnections);
      turn += 1;
      // Some connections break, most are kept.
      timers.add(setTimeout(() => (turn % 7 === 0 ? socket.destroy() : socket.write(response('done'))), turn % 5));
      return undefined;
    });
    scene.serve(balanced([{ port: origin?.port ?? 0 }], { max_connections: 3 }));
    const answers = (await Promise.all(Array.from({ length: 12 }, (_, index) => ask(scene, 15, index % 2 === 0 ? POST : GET)))).flat();
    assert.equal(answers.length, 180);
    assert.ok(answers.every((answer) => answer === 'done' || answer === '502 UPSTREAM_CLOSED'), [...new Set(answers)].join());
    assert.ok(most <= 3, `${most} connections`);
    for (const timer of timers) clearTimeout(timer);
  });
});

scenario('hashing keeps a client on its target by header, query, path, address or cookie', {}, async (scene) => {
  await withOrigins(3, async (origins) => {
    const targets = origins.map(({ port }) => ({ port }));
    const cases: readonly (readonly [JsonObject, (client: string) => string])[] = [
      [{ hash_on: 'header', hash_on_header: 'X-Client' }, (client) => `GET / HTTP/1.1\r\nHost: a\r\nX-Client: ${client}\r\n\r\n`],
      [{ hash_on: 'query_arg', hash_on_query_arg: 'client' }, (client) => `GET /?client=${client} HTTP/1.1\r\nHost: a\r\n\r\n`],
      [{ hash_on: 'path' }, (client) => `GET /${client} HTTP/1.1\r\nHost: a\r\n\r\n`],
      [{ hash_on: 'cookie', hash_on_cookie: 'seat' }, (client) => `GET / HTTP/1.1\r\nHost: a\r\nCookie: x=1; seat=${client}\r\n\r\n`],
      [{ hash_on: 'consumer', hash_fallback: 'header', hash_fallback_header: 'X-Client' }, (client) => `GET / HTTP/1.1\r\nHost: a\r\nX-Client: ${client}\r\n\r\n`],
    ];
    for (const [fields, request] of cases) {
      scene.serve(balanced(targets, { algorithm: 'consistent-hashing', ...fields }));
      const homes = new Set<string>();
      for (let client = 0; client < 12; client++) {
        const answers = new Set(await ask(scene, 3, request(`client-${client}`)));
        assert.equal(answers.size, 1, JSON.stringify(fields));
        homes.add([...answers].join(''));
      }
      assert.ok(homes.size > 1, `${JSON.stringify(fields)} spreads clients`);
    }
    scene.serve(balanced(targets, { algorithm: 'consistent-hashing', hash_on: 'ip' }));
    assert.equal(new Set(await ask(scene, 6)).size, 1);
    scene.serve(balanced(targets, { algorithm: 'consistent-hashing', hash_on: 'header', hash_on_header: 'X-Absent' }));
    assert.equal(new Set(await ask(scene, 6)).size, 3, 'nothing to hash: in turn');
  });
});

scenario('a client without the cookie is given one, beside those of the upstream', {}, async (scene) => {
  await withOrigins(3, async (origins) => {
    for (const origin of origins) origin.respond(() => response(`${origin.port}`, ['Set-Cookie: own=1']));
    scene.serve(balanced(origins.map(({ port }) => ({ port })), { algorithm: 'consistent-hashing', hash_on: 'cookie', hash_on_cookie: 'seat', hash_on_cookie_path: '/app' }));
    const first = await scene.exchange(GET);
    const cookies = first.headerLines.filter((line) => /^set-cookie:/i.test(line));
    assert.equal(cookies.length, 2);
    const seat = /seat=([0-9a-f-]{36}); Path=\/app; HttpOnly; SameSite=Lax$/.exec(cookies.join('\n'))?.[1];
    assert.ok(seat !== undefined, cookies.join('\n'));
    const next = await scene.exchange(`GET / HTTP/1.1\r\nHost: a\r\nCookie: seat=${seat}\r\n\r\n`);
    assert.equal(next.body, first.body);
    assert.equal(next.headerLines.filter((line) => /^set-cookie:/i.test(line)).length, 1);
  });
});

scenario('sticky sessions name no address, hold, and move on when the target is down', {}, async (scene) => {
  await withOrigins(3, async (origins) => {
    scene.serve(balanced(origins.map(({ port }) => ({ port })), { algorithm: 'sticky-sessions', sticky_sessions_cookie: 'home', ...PASSIVE }));
    const first = await scene.exchange(GET);
    const value = /home=([A-Za-z0-9_-]{22});/.exec(first.header('set-cookie') ?? '')?.[1] ?? '';
    assert.notEqual(value, '');
    const again = `GET / HTTP/1.1\r\nHost: a\r\nCookie: home=${value}\r\n\r\n`;
    assert.deepEqual(new Set(await ask(scene, 6, again)), new Set([first.body]));
    assert.equal((await scene.exchange(again)).header('set-cookie'), undefined);
    await origins[Number(first.body)]?.close();
    const moved = await scene.exchange(again);
    assert.equal(moved.status, 200);
    assert.notEqual(moved.body, first.body);
    const next = /home=([A-Za-z0-9_-]{22});/.exec(moved.header('set-cookie') ?? '')?.[1];
    assert.ok(next !== undefined && next !== value);
    assert.equal((await scene.exchange('GET / HTTP/1.1\r\nHost: a\r\nCookie: home=../../forged\r\n\r\n')).status, 200);
  });
});

scenario('least-connections and latency leave a target alone that is slow', {}, async (scene) => {
  await withOrigins(2, async ([slow, fast]) => {
    const timers = new Set<NodeJS.Timeout>();
    slow?.respond((_, socket) => void timers.add(setTimeout(() => socket.write(response('slow')), 200)));
    for (const algorithm of ['least-connections', 'latency']) {
      scene.serve(balanced([{ port: slow?.port ?? 0 }, { port: fast?.port ?? 0 }], { algorithm }));
      const before = [slow?.requests.length ?? 0, fast?.requests.length ?? 0];
      await Promise.all(Array.from({ length: 4 }, () => ask(scene, 25)));
      const [slowGot, fastGot] = [(slow?.requests.length ?? 0) - (before[0] ?? 0), (fast?.requests.length ?? 0) - (before[1] ?? 0)];
      assert.ok(fastGot > slowGot * 2, `${algorithm}: ${fastGot} and ${slowGot}`);
    }
    for (const timer of timers) clearTimeout(timer);
  });
});
