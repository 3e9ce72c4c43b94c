/**
 * One round of the proxy's fuzzing: a stream goes in pieces through a running proxy, from a client or from an origin. The oracle
 * watches what the origin gets, the strict reader what the client gets, and both must be what the parsers say the stream means.
 */
import { AttackClient } from '../support/attack-client.ts';
import { echo, echoResponse, type AttackScene } from '../support/attack-scene.ts';
import { response } from '../support/recording-origin.ts';
import { requestLineOf, statusOf } from '../support/strict-reader.ts';
import { generateStream, mutate, type MessageKind } from './generate-message.ts';
import { count, type FuzzCounts } from './fuzz-parsers.ts';
import type { Random } from './random.ts';
import { readAsEngine } from './read-as-engine.ts';
import type { Reading } from './reading.ts';

export async function fuzzProxy(random: Random, attacks: AttackScene, counts: FuzzCounts): Promise<void> {
  const kind: MessageKind = random.chance(0.6) ? 'request' : 'response';
  const made = generateStream(random, kind);
  const stream = Buffer.from(random.chance(0.5) ? mutate(random, made) : made, 'latin1');
  const reading = readAsEngine(stream, kind, []);
  counts.streams += 1;
  counts.readings += 1;
  counts.accepted += reading.messages.length;
  if (reading.outcome === 'refused') count(counts.refused, reading.why);
  const pieces = piecesOf(stream, random.cuts(stream.length, random.below(6)));
  const { oracle } = attacks.scene.origin;
  const violationsBefore = oracle.violations.length;
  const problems = kind === 'request' ? await sendToProxy(attacks, pieces, reading) : await answerToProxy(attacks, pieces, reading);
  problems.push(...oracle.violations.slice(violationsBefore).map((violation) => `origin got ${violation}`));
  if (random.chance(0.1)) problems.push(...(await attacks.checkCanary()));
  if (problems.length > 0) counts.finding(`proxy, ${kind}: ${problems.join('; ')}`, stream);
}

function piecesOf(stream: Buffer, cuts: readonly number[]): readonly Buffer[] {
  return [...cuts, stream.length].map((to, index) => stream.subarray(cuts[index - 1] ?? 0, to));
}

async function sendToProxy({ scene }: AttackScene, pieces: readonly Buffer[], reading: Reading): Promise<string[]> {
  const { origin, port } = scene;
  const reachedBefore = origin.oracle.requests.length;
  origin.respond((request) => (request.target === '/canary' ? response('canary') : echoResponse(request)));
  const client = await AttackClient.open(port, (index) => (reading.messages[index]?.line ?? reading.begun ?? '').split(' ')[0] ?? '');
  await client.writePieces(pieces);
  client.endSide();
  const ended = await client.until(() => client.ended);
  client.close();
  const problems = client.violations.map((violation) => `client got ${violation}`);
  if (!ended) problems.push('the connection does not end');
  const expected = reading.messages.length + (reading.outcome === 'refused' ? 1 : 0);
  if (client.responses.length !== expected) problems.push(`${client.responses.length} responses (${client.responses.map(statusOf).join(', ')}) to ${reading.messages.length} requests, ${reading.outcome} ${reading.why}`);
  // Plugins and missing routes may answer some; what did reach the origin comes in order, with its own body.
  let from = 0;
  for (const message of origin.oracle.requests.slice(reachedBefore)) {
    const { method, target } = requestLineOf(message);
    const index = reading.messages.findIndex((read, place) => place >= from && read.line.split(' ')[0] === method && read.body === message.body);
    if (index === -1) problems.push(`${message.startLine} reached the origin, which nobody sent`);
    else if (method !== 'HEAD' && client.responses[index]?.body !== echo({ method, target, body: message.body })) problems.push(`the answer to ${message.startLine} is ${JSON.stringify(client.responses[index]?.body)}`);
    from = index + 1;
  }
  return problems;
}

const REQUEST = Buffer.from('POST /a HTTP/1.1\r\nHost: a.test\r\nContent-Length: 2\r\n\r\nhi');

async function answerToProxy({ scene }: AttackScene, pieces: readonly Buffer[], reading: Reading): Promise<string[]> {
  const { origin, port } = scene;
  origin.respond((request, socket) => {
    if (request.target === '/canary') return response('canary');
    void (async () => {
      for (const piece of pieces) {
        if (!socket.destroyed) socket.write(piece);
        await new Promise((resolve) => setImmediate(resolve));
      }
      socket.end();
    })();
    return undefined;
  });
  const client = await AttackClient.open(port);
  client.write(REQUEST);
  const done = await client.until(() => client.responses.length > 0 || client.ended);
  const problems = client.violations.map((violation) => `client got ${violation}`);
  if (!done) problems.push('no answer');
  const [answer] = client.responses;
  const last = reading.messages.at(-1);
  const isWhole = last !== undefined && !last.line.startsWith('1');
  if (answer === undefined) {
    if (isWhole) problems.push(`no answer to what is one: ${JSON.stringify(last)}`);
  } else if (isWhole ? statusOf(answer) !== last.line || answer.body !== last.body : statusOf(answer) !== '502') {
    problems.push(`${statusOf(answer)} ${JSON.stringify(answer.body)} for ${JSON.stringify(last)}, ${reading.outcome} ${reading.why}`);
  }
  client.close();
  return problems;
}
