/**
 * Attacks that come by HTTP/2 and aim at the HTTP/1.1 behind the gateway (test/cases/attacks-http2), frame by frame, because no
 * well-behaved client sends them. What reaches the origin passes the upstream oracle (R2); a stream that is refused is
 * reset, or answered with a status, or takes its connection with it, and leaves everybody else alone.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import type { Reached } from './support/attack-case.ts';
import { compareReached, echoResponse, startAttackScene, type AttackScene } from './support/attack-scene.ts';
import { block, FLAG, FRAME, frame, FrameClient, type Fields } from './support/http2-frames.ts';
import { response } from './support/recording-origin.ts';
import { requestLineOf } from './support/strict-reader.ts';
import { waitUntil } from './support/wait-until.ts';

interface Http2Case {
  readonly name: string;
  readonly fields: Fields;
  /** One DATA frame each; left out: the stream ends with its head. */
  readonly body?: readonly string[];
  readonly trailers?: Fields;
  /** `refused`: a reset, a closed connection, or a status of 400 and above. */
  readonly gets: number | 'refused';
  readonly reaches: readonly Reached[];
}

const FOLDER = new URL('./cases/attacks-http2/', import.meta.url);
const files = readdirSync(FOLDER).filter((file) => file.endsWith('.json')).map((file) => ({ file, ...(JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as { readonly about: string; readonly cases: readonly Http2Case[] }) }));

let attacks: AttackScene;

before(async () => {
  attacks = await startAttackScene();
  attacks.scene.origin.respond((request) => (request.target === '/canary' ? response('canary') : echoResponse(request)));
});
after(() => attacks.close());

for (const { file, about, cases } of files) {
  test(`${file}: ${about}`, async () => {
    const problems: string[] = [];
    for (const attack of cases) problems.push(...(await run(attack)).map((problem) => `${attack.name}: ${problem}`));
    assert.deepEqual(problems, []);
  });
}

test('there are cases enough', () => {
  assert.ok(files.flatMap(({ cases }) => cases).length >= 40);
});

async function run(attack: Http2Case): Promise<readonly string[]> {
  const { origin, port } = attacks.scene;
  const reachedBefore = origin.oracle.requests.length;
  const violationsBefore = origin.oracle.violations.length;
  const client = await FrameClient.open(port);
  client.send(...framesOf(attack));
  const outcome = await waitUntil(`an outcome of ${attack.name}`, () => outcomeOf(client));
  const problems: string[] = [];
  const isAsExpected = attack.gets === 'refused' ? outcome === 'refused' || Number(outcome) >= 400 : outcome === String(attack.gets);
  if (!isAsExpected) problems.push(`${outcome} instead of ${attack.gets}`);
  client.close();
  problems.push(...(await attacks.checkCanary()), ...origin.oracle.violations.slice(violationsBefore).map((violation) => `origin got ${violation}`));
  compareReached(problems, origin.oracle.requests.slice(reachedBefore).filter((message) => requestLineOf(message).target !== '/canary'), attack.reaches);
  return problems;
}

function framesOf({ fields, body, trailers }: Http2Case): readonly Buffer[] {
  const pieces = body ?? [];
  const endsWithHead = body === undefined && trailers === undefined;
  return [
    ...headerFrames(fields, endsWithHead),
    ...pieces.map((piece, index) => frame(FRAME.DATA, index === pieces.length - 1 && trailers === undefined ? FLAG.END_STREAM : 0, 1, Buffer.from(piece, 'latin1'))),
    ...(trailers === undefined ? [] : headerFrames(trailers, true)),
  ];
}

/** A block that is larger than one frame goes on in CONTINUATION frames. */
function headerFrames(fields: Fields, endStream: boolean): readonly Buffer[] {
  const bytes = block(fields);
  const frames: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += 16_384) {
    const isLast = at + 16_384 >= bytes.length;
    frames.push(frame(at === 0 ? FRAME.HEADERS : FRAME.CONTINUATION, (isLast ? FLAG.END_HEADERS : 0) | (endStream && at === 0 ? FLAG.END_STREAM : 0), 1, bytes.subarray(at, at + 16_384)));
  }
  return frames;
}

/** The final status, or `refused`; undefined while neither is known. */
function outcomeOf(client: FrameClient): string | undefined {
  const status = client.of(FRAME.HEADERS, 1).map(({ payload }) => statusOfBlock(payload)).find((code) => !code.startsWith('1'));
  if (status !== undefined) return status;
  return client.closed || client.of(FRAME.RST_STREAM, 1).length > 0 || client.goawayCodes.some((code) => code !== 0) ? 'refused' : undefined;
}

const INDEXED: Readonly<Record<number, string>> = { 0x88: '200', 0x89: '204', 0x8a: '206', 0x8b: '304', 0x8c: '400', 0x8d: '404', 0x8e: '500' };
/** Huffman codes of the digits (RFC 7541, appendix B), as bits. */
const DIGITS = ['00000', '00001', '00010', '011001', '011010', '011011', '011100', '011101', '011110', '011111'];

/** `:status` stands first, from the static table or as a literal; the first block of a connection refers to nothing else. */
function statusOfBlock(payload: Buffer): string {
  let at = 0;
  // Changes of the table's size may come first.
  while (((payload[at] ?? 0) & 0xe0) === 0x20) at += 1;
  const indexed = INDEXED[payload[at] ?? 0];
  if (indexed !== undefined) return indexed;
  const length = payload[at + 1] ?? 0;
  const text = payload.subarray(at + 2, at + 2 + (length & 0x7f));
  if ((length & 0x80) === 0) return text.toString('latin1');
  let bits = [...text].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  let status = '';
  while (status.length < 3) {
    const digit = DIGITS.findIndex((code) => bits.startsWith(code));
    if (digit === -1) return status;
    status += String(digit);
    bits = bits.slice(DIGITS[digit]?.length);
  }
  return status;
}
