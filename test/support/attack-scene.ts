/**
 * A proxy with an origin behind the upstream oracle, where attack cases are run: whole, in pieces, and with a harmless
 * request of somebody else after each, which must get its own answer. The origin repeats in its body what it answers.
 */
import type { PluginInstance } from '../../shared/plugins/contract.ts';
import { bytesOfCase, type AttackCase, type ExpectedFields, type Reached } from './attack-case.ts';
import { AttackClient } from './attack-client.ts';
import { startProxyScene, type ProxyScene, type SceneOptions } from './proxy-scene.ts';
import { response, type OriginRequest } from './recording-origin.ts';
import type { StaticRoute } from './static-config.ts';
import { requestLineOf, statusOf, type StrictMessage } from './strict-reader.ts';

const CANARY = 'GET /canary HTTP/1.1\r\nHost: canary.test\r\n\r\n';

export type Cutting =
  | { readonly kind: 'whole' }
  /** At one offset of what the client sends, or of what the origin answers. */
  | { readonly kind: 'cut'; readonly at: number }
  | { readonly kind: 'byte-by-byte' };

export interface AttackScene {
  readonly scene: ProxyScene;
  /** What did not come out as the case says. */
  run(attack: AttackCase, cutting: Cutting): Promise<readonly string[]>;
  /** A harmless request of somebody else; says what was wrong with its answer. */
  checkCanary(): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** Sets, removes and answers what the query says: stands for any transform that passes on what clients send. */
const EDITOR: PluginInstance = {
  requestHead: (context) => {
    for (const [name, value] of pairs(context.request.queryValues('set'))) context.setUpstreamHeader(name, value);
    for (const name of context.request.queryValues('remove')) context.removeUpstreamHeader(name);
    for (const name of context.request.queryValues('drop')) context.removeQueryArgument(name);
    for (const [name, value] of pairs(context.request.queryValues('answer'))) context.setResponseHeader(name, value);
    const verdict = pairs(context.request.queryValues('respond'));
    return verdict.length === 0 ? undefined : { kind: 'respond', status: 200, message: 'edited', headers: verdict };
  },
};
const GUARD: PluginInstance = { requestHead: () => ({ kind: 'respond', status: 403, message: 'guarded' }) };
const COLLECTOR: PluginInstance = { requestBody: { maxBytes: 1_000 }, requestHead: () => undefined };

function pairs(texts: readonly string[]): readonly (readonly [string, string])[] {
  return texts.map((text) => [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)]);
}

const routes = (port: number): readonly StaticRoute[] => [
  { path: '/', stripPath: false, service: { port } },
  { path: '*', stripPath: false, service: { port } },
  { path: '/keep-host', stripPath: false, preserveHost: true, service: { port } },
  { path: '/strip', stripPath: true, service: { port, path: '/base' } },
  { path: '/strip-bare', stripPath: true, pathHandling: 'v1', service: { port } },
  { path: '/guarded', stripPath: false, service: { port }, plugins: [{ name: 'guard', instance: GUARD }] },
  { path: '/edit', stripPath: false, service: { port }, plugins: [{ name: 'editor', instance: EDITOR }] },
  { path: '/collect', stripPath: false, service: { port }, plugins: [{ name: 'collector', instance: COLLECTOR }] },
];

export async function startAttackScene(options: SceneOptions = {}): Promise<AttackScene> {
  const scene = await startProxyScene({ routes, ...options, proxy: { ...options.proxy, limits: { headTimeoutMs: 2_000, bodyTimeoutMs: 2_000, lingerTimeoutMs: 100, ...options.proxy?.limits } } });
  scene.origin.oracle.allow({ identity: false });
  const canary = await AttackClient.open(scene.port);
  return {
    scene,
    checkCanary: () => checkCanary(canary),
    run: async (attack, cutting) => {
      const problems = await runAttack(scene, attack, cutting);
      if (cutting.kind !== 'cut' || cutting.at % 16 === 0) problems.push(...(await checkCanary(canary)));
      return problems;
    },
    close: async () => {
      canary.close();
      await scene.close();
    },
  };
}

/** What the origin repeats. */
export function echo({ method, target, body }: { readonly method: string; readonly target: string; readonly body: string }): string {
  return `${method} ${target} ${body}`;
}

async function runAttack({ origin, port }: ProxyScene, attack: AttackCase, cutting: Cutting): Promise<string[]> {
  const { oracle } = origin;
  const requestsBefore = oracle.requests.length;
  const violationsBefore = oracle.violations.length;
  let answered = 0;
  /** Ends when the origin has said all that it has to say. */
  let answering: Promise<void> = Promise.resolve();
  origin.respond((request, socket) => {
    if (request.target === '/canary') return response('canary');
    answered += 1;
    if (attack.answer !== undefined && answered === 1) {
      answering = answerInPieces(bytesOfCase(attack.answer), attack, cutting, (bytes) => socket.destroyed || socket.write(bytes), () => void socket.end());
      return undefined;
    }
    return echoResponse(request);
  });
  origin.respondEarly(attack.early === true && attack.answer !== undefined ? bytesOfCase(attack.answer).toString('latin1') : undefined);
  const client = await AttackClient.open(port, () => (attack.head === true ? 'HEAD' : 'GET'));
  const sent = bytesOfCase(attack.send);
  if (attack.answer === undefined || attack.early === true) await client.writePieces(cut(sent, cutting));
  else client.write(sent);
  if (attack.half === true) client.endSide();
  const problems: string[] = [];
  const mayClose = attack.closes === 'perhaps';
  const closes = attack.closes === true || (attack.closes === undefined && (attack.gets.length === 0 || attack.gets.some((status) => status >= 400)));
  if (attack.then !== undefined) {
    await client.until(() => client.responses.length >= attack.gets.length || client.ended);
    await client.writePieces([bytesOfCase(attack.then)]);
  }
  const done = await client.until(() => client.responses.length >= attack.gets.length && (!closes || client.ended) && (attack.answer === undefined || attack.gets.length > 0 || client.ended));
  if (!done) problems.push(`waited in vain; ended: ${client.ended}`);
  if (!closes && client.ended && !mayClose && attack.breaksOff !== true) problems.push('the connection was closed');
  compare(problems, 'responses', client.responses.map(statusOf).map(Number), attack.gets);
  if (attack.interim !== undefined) compare(problems, 'interim responses', client.interim.map(statusOf).map(Number), attack.interim);
  if (client.midResponse && attack.breaksOff !== true) problems.push('a response broke off');
  problems.push(...client.violations.map((violation) => `client got ${violation}`));
  problems.push(...oracle.violations.slice(violationsBefore).map((violation) => `origin got ${violation}`));
  const reached = oracle.requests.slice(requestsBefore).filter((message) => requestLineOf(message).target !== '/canary');
  compareReached(problems, reached, attack.reaches);
  compareBodies(problems, client.responses, reached, attack);
  const last = client.responses.at(-1);
  if (attack.gives !== undefined && last !== undefined) compareFields(problems, last.startLine, last.fields, attack.gives);
  if (attack.trailers !== undefined && last !== undefined) compareFields(problems, 'the trailers', last.trailers, attack.trailers);
  if (attack.tunnel !== undefined) compare(problems, 'through the tunnel', client.tunnelled, attack.tunnel);
  await answering;
  origin.respondEarly(undefined);
  if (!closes && !client.ended && attack.gets.at(-1) !== 101) {
    const before = client.responses.length;
    client.write(Buffer.from(CANARY));
    await client.until(() => client.responses.length > before || client.ended);
    if (attack.head !== true) compare(problems, 'the next answer on the same connection', client.responses.at(before)?.body, 'canary');
  }
  client.close();
  return problems;
}

export function echoResponse(request: OriginRequest): string {
  const body = echo(request);
  return request.method === 'HEAD' ? `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n` : response(body);
}

async function answerInPieces(bytes: Buffer, attack: AttackCase, cutting: Cutting, write: (piece: Buffer) => void, hangUp: () => void): Promise<void> {
  for (const piece of cut(bytes, cutting)) {
    write(piece);
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (attack.hangUp === true) hangUp();
}

function* cut(bytes: Buffer, cutting: Cutting): Iterable<Buffer> {
  if (cutting.kind === 'whole' || bytes.length < 2) yield bytes;
  else if (cutting.kind === 'byte-by-byte') for (let at = 0; at < bytes.length; at++) yield bytes.subarray(at, at + 1);
  else {
    yield bytes.subarray(0, cutting.at);
    yield bytes.subarray(cutting.at);
  }
}

async function checkCanary(canary: AttackClient): Promise<readonly string[]> {
  const before = canary.responses.length;
  canary.write(Buffer.from(CANARY));
  await canary.until(() => canary.responses.length > before || canary.ended);
  const answer = canary.responses.at(before);
  return answer?.body === 'canary' ? [] : [`somebody else got ${JSON.stringify(answer?.body ?? 'no answer')}`];
}

function compare(problems: string[], what: string, actual: unknown, expected: unknown): void {
  if (JSON.stringify(actual) !== JSON.stringify(expected)) problems.push(`${what}: ${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`);
}

/** What reached the origin against what may. */
export function compareReached(problems: string[], reached: readonly StrictMessage[], expected: readonly Reached[]): void {
  compare(problems, 'reached the origin', reached.map((message) => message.startLine.replace(/ HTTP\/1\.1$/, '')), expected.map(({ request }) => request));
  for (const [index, { body, fields, trailers }] of expected.entries()) {
    const message = reached[index];
    if (message === undefined) continue;
    if (body !== undefined) compare(problems, 'body at the origin', message.body, body);
    if (fields !== undefined) compareFields(problems, message.startLine, message.fields, fields);
    if (trailers !== undefined) compareFields(problems, `trailers of ${message.startLine}`, message.trailers, trailers);
  }
}

function compareFields(problems: string[], where: string, actual: StrictMessage['fields'], expected: ExpectedFields): void {
  for (const [name, value] of Object.entries(expected)) {
    const values = actual.filter((field) => field[0] === name).map((field) => field[1]);
    compare(problems, `${name} of ${where}`, values, value === null ? [] : typeof value === 'string' ? [value] : value);
  }
}

/** The answers of the origin must go to whom they belong: they repeat what they answer. */
function compareBodies(problems: string[], responses: readonly StrictMessage[], reached: readonly StrictMessage[], attack: AttackCase): void {
  if (attack.bodies !== undefined) return compare(problems, 'bodies', responses.map(({ body }) => body), attack.bodies);
  if (attack.answer !== undefined || attack.head === true) return undefined;
  const own = responses.filter((message) => statusOf(message) === '200' && !message.body.includes('"edited"'));
  compare(problems, 'bodies', own.map(({ body }) => body), reached.slice(0, own.length).map((message) => echo({ ...requestLineOf(message), body: message.body })));
}
