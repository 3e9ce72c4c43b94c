/**
 * Questions to a DNS server and its answers, as bytes (RFC 1035, by dns-packet) and as what they mean. An answer is believed
 * only where it repeats our id and question; whatever else comes is as if nothing came. Used by dns-client.ts.
 */
import { decode, encode, RECURSION_DESIRED, type Answer, type Packet } from 'dns-packet';

export type RecordType = 'A' | 'AAAA' | 'SRV';

export interface Question {
  readonly id: number;
  /** Lower case, without the final dot. */
  readonly name: string;
  readonly type: RecordType;
}

export interface SrvTarget {
  readonly name: string;
  readonly port: number;
  readonly priority: number;
  readonly weight: number;
}

export type Reply =
  /** Empty where there is no such record or no such name. */
  | { readonly kind: 'records'; readonly addresses: readonly string[]; readonly targets: readonly SrvTarget[]; readonly ttlMs: number }
  /** The name is another name for this one, of which the answer tells nothing. */
  | { readonly kind: 'alias'; readonly name: string; readonly ttlMs: number }
  /** Too long for a datagram: ask by TCP. */
  | { readonly kind: 'truncated' }
  /** The server can't tell. */
  | { readonly kind: 'failed'; readonly reason: string };

/** What fits into a datagram on every path (DNS flag day 2020). */
const UDP_PAYLOAD_BYTES = 1_232;
const MAX_ALIASES = 16;
const MAX_RECORDS = 1_024;
/** Where a negative answer does not say how long it holds. */
const NEGATIVE_TTL_SECONDS = 5;
/** RFC 2181 §8: longer ones are as good as wrong. */
const MAX_TTL_SECONDS = 604_800;
const NAME = /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*$/;

/** True for what can be asked for: labels of letters, digits, hyphens and underscores. */
export function isAskable(name: string): boolean {
  return NAME.test(name);
}

export function encodeQuestion({ id, name, type }: Question): Buffer {
  return encode({
    type: 'query', id, flags: RECURSION_DESIRED,
    questions: [{ type, name, class: 'IN' }],
    additionals: [{ type: 'OPT', name: '.', udpPayloadSize: UDP_PAYLOAD_BYTES, extendedRcode: 0, ednsVersion: 0, flags: 0, flag_do: false, options: [] }],
  });
}

/** Undefined where the bytes are no answer to this question. */
export function decodeReply(bytes: Buffer, question: Question): Reply | undefined {
  let packet: Packet;
  try {
    packet = decode(bytes);
  } catch {
    return undefined;
  }
  const [asked, another] = packet.questions ?? [];
  if (packet.type !== 'response' || packet.id !== question.id || asked === undefined || another !== undefined) return undefined;
  if (plain(asked.name) !== question.name || asked.type !== question.type) return undefined;
  const flags = packet.flags ?? 0;
  if ((flags & 0x0200) !== 0) return { kind: 'truncated' };
  const rcode = flags & 0x000f;
  if (rcode === 3) return { kind: 'records', addresses: [], targets: [], ttlMs: negativeTtl(packet) };
  if (rcode !== 0) return { kind: 'failed', reason: `the server answered with code ${rcode}` };
  return readRecords(packet, question);
}

function readRecords(packet: Packet, { name, type }: Question): Reply {
  const answers = (packet.answers ?? []).slice(0, MAX_RECORDS);
  let owner = name;
  let ttl = MAX_TTL_SECONDS;
  for (let alias = 0; alias < MAX_ALIASES; alias++) {
    const next = answers.find((answer) => answer.type === 'CNAME' && plain(answer.name) === owner);
    if (next === undefined || next.type !== 'CNAME') break;
    ttl = Math.min(ttl, ttlOf(next));
    owner = plain(next.data);
  }
  const addresses: string[] = [];
  const targets: SrvTarget[] = [];
  for (const answer of answers) {
    if (answer.type !== type || plain(answer.name) !== owner) continue;
    ttl = Math.min(ttl, ttlOf(answer));
    if (answer.type === 'A' || answer.type === 'AAAA') addresses.push(answer.data);
    else if (answer.type === 'SRV') targets.push({ name: plain(answer.data.target), port: answer.data.port, priority: answer.data.priority ?? 0, weight: answer.data.weight ?? 0 });
  }
  if (addresses.length + targets.length > 0) return { kind: 'records', addresses, targets, ttlMs: ttl * 1_000 };
  if (owner !== name) return isAskable(owner) ? { kind: 'alias', name: owner, ttlMs: ttl * 1_000 } : { kind: 'failed', reason: 'the name is another one for what is no host name' };
  return { kind: 'records', addresses, targets, ttlMs: negativeTtl(packet) };
}

/** RFC 2308 §5. */
function negativeTtl(packet: Packet): number {
  const soa = (packet.authorities ?? []).find(({ type }) => type === 'SOA');
  const seconds = soa?.type === 'SOA' ? Math.min(ttlOf(soa), soa.data.minimum ?? NEGATIVE_TTL_SECONDS) : NEGATIVE_TTL_SECONDS;
  return seconds * 1_000;
}

function ttlOf(answer: Answer): number {
  const ttl = 'ttl' in answer && typeof answer.ttl === 'number' ? answer.ttl : 0;
  return ttl > MAX_TTL_SECONDS || ttl < 0 ? 0 : ttl;
}

function plain(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}
