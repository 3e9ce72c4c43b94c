import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newId, type EntityId } from '../../shared/model/ids.ts';
import type { Hello, SyncMessage } from '../../shared/wire/sync-message.ts';
import type { PublishedVersion } from '../publish/publisher.ts';
import type { SessionEffect, SessionEvent, SessionState, TransferInHand } from './session-events.ts';
import { CHUNK_BYTES, initialState, PING_INTERVAL_MS, RECORDS_CREDIT, SESSION_TABLE, stepSession, TELEMETRY_CREDIT } from './session-state.ts';

function published(sequence: number, root = `${sequence}`.repeat(64).slice(0, 64)): PublishedVersion {
  return { version: { epoch: 1, sequence }, contentRoot: root };
}

const bootId = newId();
const hello: Hello = {
  kind: 'hello', protocolVersion: 1, softwareVersion: '0.1.0', bootId, hostname: 'h', active: undefined, highestAccepted: { epoch: 0, sequence: 0 }, highestManifest: '',
  plugins: [], compressions: ['zstd'], barred: [], partial: undefined,
};
const welcome: SyncMessage = { kind: 'head', headStatement: 'stands for a Welcome' };

/** A transfer to a version; one with the same id has the same bytes. */
function transferTo(kind: 'snapshot' | 'delta', to: PublishedVersion, length = 10, over: Partial<TransferInHand> = {}): { readonly kind: 'transfer-ready'; readonly transfer: TransferInHand } {
  return { kind: 'transfer-ready', transfer: { transferId: to.version.sequence, kind, published: to, length, startOffset: 0, ...over } };
}

/** Plays events one after the other; keeps the last state and the effects of the last event. */
class Play {
  state: SessionState;
  effects: readonly SessionEffect[] = [];

  constructor(state: SessionState = initialState('valid', 0)) {
    this.state = state;
  }

  take(event: SessionEvent): this {
    ({ state: this.state, effects: this.effects } = stepSession(this.state, event));
    return this;
  }

  hear(message: SyncMessage, nowMs = 0): this {
    return this.take({ kind: 'frame', message, nowMs });
  }

  /** Up to the first decision after Welcome. */
  greet(over: Partial<Hello>, newest: PublishedVersion | undefined): this {
    return this.hear({ ...hello, ...over }).take({ kind: 'welcome-ready', welcome, newest });
  }

  /** Sends a whole transfer. */
  transfer(kind: 'snapshot' | 'delta', to: PublishedVersion, length = 10): this {
    this.take(transferTo(kind, to, length));
    for (let sent = this.find('send-chunk'); sent !== undefined; sent = this.find('send-chunk')) this.take({ kind: 'chunk-sent', transferId: sent.transferId });
    return this;
  }

  find<Kind extends SessionEffect['kind']>(kind: Kind): Extract<SessionEffect, { kind: Kind }> | undefined {
    return this.effects.find((effect): effect is Extract<SessionEffect, { kind: Kind }> => effect.kind === kind);
  }

  /** What was wanted, but for alarms that are over: most steps say so. */
  get kinds(): readonly string[] {
    return this.effects.map((effect) => effect.kind).filter((kind) => kind !== 'settle');
  }

  /** The code with which the session was ended. */
  get endedWith(): string | undefined {
    assert.equal(this.state.kind, 'closed');
    return this.find('close')?.code;
  }
}

const credit = (chunks: number): SyncMessage => ({ kind: 'credit', chunks, telemetry: 0, records: 0 });
const appliedOf = ({ version, contentRoot }: PublishedVersion): SyncMessage => ({ kind: 'applied', version, contentRoot, tookMs: 1, quarantined: [], already: false });
const rejectedOf = ({ version }: PublishedVersion, code: string): SyncMessage => ({ kind: 'rejected', version, code, reasons: ['because'] });

test('a data plane without configuration gets a snapshot, then is settled', () => {
  const play = new Play().greet({}, published(5));
  assert.deepEqual(play.kinds, ['send', 'report-desired', 'prepare']);
  assert.equal(play.find('prepare')?.base, undefined);
  play.hear(credit(4)).transfer('snapshot', published(5));
  assert.equal(play.state.kind, 'confirming');
  play.hear(appliedOf(published(5)));
  assert.deepEqual([play.state.kind, play.kinds], ['settled', ['report-applied']]);
});

test('a data plane that is up to date gets nothing', () => {
  const play = new Play().greet({ active: published(5), highestAccepted: published(5).version }, published(5));
  assert.deepEqual([play.state.kind, play.kinds], ['settled', ['send', 'report-active']]);
});

test('a data plane that is behind gets the change from where it is', () => {
  const play = new Play().greet({ active: published(3) }, published(5));
  assert.deepEqual(play.find('prepare')?.base, published(3).version);
});

test('nothing published, nothing sent; the first release goes out as a snapshot', () => {
  const play = new Play().greet({}, undefined);
  assert.equal(play.state.kind, 'settled');
  play.take({ kind: 'released', published: published(1) });
  assert.equal(play.find('prepare')?.base, undefined);
});

test('a slow data plane gets only the newest, never a queue', () => {
  const play = new Play().greet({ active: published(1) }, published(2)).hear(credit(16)).transfer('delta', published(2));
  for (const sequence of [3, 4, 5, 6]) assert.deepEqual(play.take({ kind: 'released', published: published(sequence) }).kinds, []);
  play.hear(appliedOf(published(2)));
  assert.deepEqual(play.kinds, ['report-applied', 'report-desired', 'prepare']);
  assert.deepEqual(play.find('report-desired')?.version, published(6).version);
  assert.deepEqual(play.find('prepare')?.base, published(2).version);
});

test('a release that came while a transfer was prepared is offered after it', () => {
  const play = new Play().greet({ active: published(1) }, published(2)).take({ kind: 'released', published: published(3) });
  play.hear(credit(16)).transfer('delta', published(2)).hear(appliedOf(published(2)));
  assert.deepEqual(play.find('report-desired')?.version, published(3).version);
});

test('what a data plane was still applying when it came back is not sent to it again', () => {
  const play = new Play().greet({ active: published(1) }, published(2)).hear({ kind: 'applied', ...published(2), tookMs: 9, quarantined: [], already: false });
  assert.deepEqual([play.state.kind, play.kinds], ['preparing', ['report-applied']]);
  play.take(transferTo('delta', published(2), 10));
  assert.deepEqual([play.state.kind, play.kinds], ['settled', []]);
  play.take({ kind: 'released', published: published(3) });
  assert.deepEqual(play.find('prepare')?.base, published(2).version);
});

test('a release that came while Welcome was prepared is not missed', () => {
  const play = new Play().hear(hello).take({ kind: 'released', published: published(9) }).take({ kind: 'welcome-ready', welcome, newest: published(8) });
  assert.deepEqual(play.find('report-desired')?.version, published(9).version);
});

test('chunks need credit, go out one at a time and cover every byte once', () => {
  const length = CHUNK_BYTES * 2 + 5;
  const play = new Play().greet({}, published(1)).take(transferTo('snapshot', published(1), length));
  assert.deepEqual(play.kinds, ['announce'], 'no credit, no chunk');
  const sent: (readonly [number, number])[] = [];
  const note = (): void => {
    const chunk = play.find('send-chunk');
    if (chunk !== undefined) sent.push([chunk.offset, chunk.length]);
  };
  play.hear(credit(1));
  note();
  assert.deepEqual(play.hear(credit(1)).kinds, [], 'the one before has not left');
  play.take({ kind: 'chunk-sent', transferId: 1 });
  note();
  assert.deepEqual(play.take({ kind: 'chunk-sent', transferId: 1 }).kinds, [], 'credit is used up');
  play.hear(credit(5));
  note();
  assert.equal(play.take({ kind: 'chunk-sent', transferId: 1 }).state.kind, 'confirming');
  assert.deepEqual(sent, [[0, CHUNK_BYTES], [CHUNK_BYTES, CHUNK_BYTES], [2 * CHUNK_BYTES, 5]]);
});

test('a control frame is answered while chunks are going out', () => {
  const play = new Play().greet({}, published(1)).hear(credit(1)).take(transferTo('snapshot', published(1), 10));
  play.hear({ kind: 'ping', nonce: 3, answer: false });
  assert.deepEqual(play.find('send')?.message, { kind: 'ping', nonce: 3, answer: true });
});

test('a refused delta is followed by the whole, a refused whole by nothing until a newer version', () => {
  const play = new Play().greet({ active: published(1) }, published(2)).hear(credit(16)).transfer('delta', published(2));
  play.hear(rejectedOf(published(2), 'TRANSFER_ROOT_MISMATCH'));
  assert.deepEqual(play.kinds, ['report-rejected', 'report-desired', 'prepare']);
  assert.equal(play.find('prepare')?.base, undefined);
  play.transfer('snapshot', published(2)).hear(rejectedOf(published(2), 'TRANSFER_ROOT_MISMATCH'));
  assert.deepEqual([play.state.kind, play.kinds], ['settled', ['report-rejected']]);
  assert.deepEqual(play.take({ kind: 'tick', nowMs: 0 }).kinds, []);
  play.take({ kind: 'released', published: published(3) });
  assert.equal(play.state.kind, 'preparing');
});

test('a version whose content is refused is not offered again as a whole', () => {
  const play = new Play().greet({ active: published(1) }, published(2)).hear(credit(16)).transfer('delta', published(2)).hear(rejectedOf(published(2), 'CONFIG_INVALID'));
  assert.deepEqual([play.state.kind, play.kinds], ['settled', ['report-rejected']]);
});

test('C1: what a full disk refused is offered again after a minute, or at once where it is newer', () => {
  const play = new Play().greet({ active: published(1) }, published(2)).hear(credit(16)).transfer('delta', published(2)).hear(rejectedOf(published(2), 'CONFIG_NOT_PERSISTED'));
  assert.deepEqual([play.state.kind, play.kinds], ['settled', ['report-rejected']]);
  for (let ticks = 1; ticks < 6; ticks++) assert.deepEqual(play.take({ kind: 'tick', nowMs: 0 }).kinds, []);
  assert.deepEqual(play.take({ kind: 'tick', nowMs: 0 }).kinds, ['report-desired', 'prepare']);
  play.transfer('delta', published(2)).hear(rejectedOf(published(2), 'CONFIG_NOT_PERSISTED'));
  assert.deepEqual(play.take({ kind: 'released', published: published(3) }).kinds, ['report-desired', 'prepare']);
});

test('a refusal in the middle of a transfer ends it, and its last chunk does not count for the next one', () => {
  const play = new Play().greet({}, published(1)).hear(credit(16)).take(transferTo('snapshot', published(1), CHUNK_BYTES * 9));
  assert.equal(play.state.kind, 'sending');
  play.take({ kind: 'released', published: published(2) }).hear(rejectedOf(published(1), 'TRANSFER_TOO_LARGE'));
  assert.equal(play.state.kind, 'preparing');
  play.take(transferTo('snapshot', published(2), CHUNK_BYTES * 2));
  assert.equal(play.find('send-chunk')?.transferId, 2);
  assert.deepEqual(play.take({ kind: 'chunk-sent', transferId: 1 }).kinds, []);
  assert.equal(play.take({ kind: 'chunk-sent', transferId: 2 }).find('send-chunk')?.offset, CHUNK_BYTES);
});

test('a data plane that fell back is not sent what it fell back from, but what is newer', () => {
  const play = new Play().greet({ active: published(5) }, published(5)).hear({ kind: 'fell-back', from: published(5).version, to: published(4).version, fromRoot: 'a'.repeat(64), reason: 'crash loop' });
  assert.deepEqual([play.state.kind, play.kinds], ['settled', ['report-fell-back']]);
  play.take({ kind: 'released', published: published(6) });
  assert.deepEqual(play.find('prepare')?.base, published(4).version);
  const barred = new Play().greet({ active: published(4), highestAccepted: published(5).version, barred: [{ kind: 'fell-back', from: published(5).version, to: published(4).version, fromRoot: 'a'.repeat(64), reason: 'crash loop' }] }, published(5));
  assert.equal(barred.state.kind, 'settled');
});

test('what could not be prepared is tried again at the next tick', () => {
  const play = new Play().greet({}, published(1)).take({ kind: 'transfer-failed' });
  assert.equal(play.state.kind, 'settled');
  assert.deepEqual(play.take({ kind: 'tick', nowMs: 0 }).kinds, ['report-desired', 'prepare']);
});

test('S4: a data plane that is ahead is offered nothing; one that has other content for the version raises an alarm', () => {
  const ahead = new Play().greet({ active: published(9), highestAccepted: published(9).version }, published(5));
  assert.deepEqual([ahead.state.kind, ahead.find('settle')], ['settled', undefined]);
  const diverged = new Play().greet({ active: published(5, 'f'.repeat(64)), highestAccepted: published(5).version }, published(5));
  assert.equal(diverged.find('alarm')?.code, 'SYNC_DATA_PLANE_DIVERGED');
  assert.equal(diverged.find('prepare')?.base, undefined, 'the published content is offered, so that its refusal shows');
});

for (const records of [false, true]) test(`${records ? 'access records are' : 'telemetry is'} stored, then acknowledged with credit for one more; without credit it is refused`, () => {
  const telemetry: SyncMessage = { kind: 'telemetry', bootId, sequence: 1, batch: Buffer.from('x'), records };
  const play = new Play().greet({}, undefined).hear(telemetry);
  assert.deepEqual(play.kinds, ['store-telemetry']);
  play.take({ kind: 'telemetry-stored', bootId, sequence: 1, records });
  assert.deepEqual(play.effects.flatMap((effect) => (effect.kind === 'send' ? [effect.message] : [])), [
    { kind: 'telemetry-ack', bootId, sequence: 1, records },
    { kind: 'credit', chunks: 0, telemetry: records ? 0 : 1, records: records ? 1 : 0 },
  ]);
  for (let index = 0; index < (records ? RECORDS_CREDIT : TELEMETRY_CREDIT); index += 1) assert.deepEqual(play.hear(telemetry).kinds, ['store-telemetry']);
  assert.deepEqual(play.hear({ ...telemetry, records: !records }).kinds, ['store-telemetry'], 'the other stream has credit of its own');
  assert.equal(play.hear(telemetry).endedWith, 'SYNC_CREDIT_EXCEEDED');
});

test('three intervals without a frame end the session; any frame counts as life', () => {
  const play = new Play().greet({}, undefined);
  play.take({ kind: 'tick', nowMs: PING_INTERVAL_MS * 3 });
  assert.equal(play.find('send')?.message.kind, 'ping');
  play.hear({ kind: 'ping', nonce: 1, answer: true }, PING_INTERVAL_MS * 3);
  assert.equal(play.take({ kind: 'tick', nowMs: PING_INTERVAL_MS * 6 }).state.kind, 'settled');
  assert.equal(play.take({ kind: 'tick', nowMs: PING_INTERVAL_MS * 6 + 1 }).endedWith, 'SYNC_SILENT');
});

test('who was heard lately is not pinged', () => {
  const play = new Play().greet({}, undefined).hear({ kind: 'ping', nonce: 1, answer: true }, 5_000);
  assert.deepEqual(play.take({ kind: 'tick', nowMs: PING_INTERVAL_MS }).kinds, []);
  assert.deepEqual(play.take({ kind: 'tick', nowMs: 5_000 + PING_INTERVAL_MS }).kinds, ['send']);
});

test('R5: whoever never greets is sent away, also where it goes on pinging', () => {
  for (const certificate of ['valid', 'expired'] as const) {
    const play = new Play(initialState(certificate, 0)).take({ kind: 'tick', nowMs: 10_000 }).hear({ kind: 'ping', nonce: 1, answer: false }, 14_000);
    assert.equal(play.take({ kind: 'tick', nowMs: 20_000 }).endedWith, 'SYNC_GREETING_LATE');
  }
});

test('R5: an answer that does not come within minutes ends the session, and the operator is told', () => {
  const play = new Play().greet({}, published(1)).hear(credit(9)).transfer('snapshot', published(1));
  for (let ticks = 0; ticks < 30; ticks += 1) assert.equal(play.hear(oneOfEach.ping, ticks * PING_INTERVAL_MS).take({ kind: 'tick', nowMs: ticks * PING_INTERVAL_MS }).state.kind, 'confirming');
  assert.equal(play.take({ kind: 'tick', nowMs: 30 * PING_INTERVAL_MS }).endedWith, 'SYNC_UNANSWERED');
  assert.equal(play.find('alarm')?.code, 'SYNC_UNANSWERED');
});

test('R5: a transfer that is taken by the drop ends, later where it is larger', () => {
  const ticksOf = (length: number): number => {
    const play = new Play().greet({}, published(1)).take(transferTo('snapshot', published(1), length));
    let ticks = 0;
    for (; play.state.kind === 'sending'; ticks += 1) play.hear(credit(0), ticks * PING_INTERVAL_MS).take({ kind: 'tick', nowMs: ticks * PING_INTERVAL_MS });
    assert.equal(play.endedWith, 'SYNC_TRANSFER_SLOW');
    return ticks;
  };
  assert.ok(ticksOf(10) <= 8);
  assert.ok(ticksOf(50_000_000) > 300 && ticksOf(50_000_000) < 400);
});

test('R5: frames without end end the session, as many as are honest do not', () => {
  const play = new Play().greet({}, undefined);
  const answer = appliedOf(published(1));
  for (let interval = 0; interval < 3; interval += 1) {
    for (let count = 0; count < 4_000; count += 1) play.hear(answer);
    assert.equal(play.state.kind, 'settled');
    play.take({ kind: 'tick', nowMs: 0 });
  }
  for (let count = 0; count < 5_001; count += 1) play.hear(answer);
  assert.equal(play.state.kind, 'closed');
  const flooded = new Play().greet({}, undefined);
  while (flooded.state.kind === 'settled') flooded.hear(answer);
  assert.equal(flooded.endedWith, 'SYNC_FLOODED');
});

test('R5: requests to renew without end are not carried out without end', () => {
  for (const certificate of ['valid', 'expired'] as const) {
    const play = new Play(initialState(certificate, 0));
    if (certificate === 'valid') play.greet({}, undefined);
    const carriedOut = (): number => Array.from({ length: 50 }, () => play.hear({ kind: 'renew', certificateRequest: new Uint8Array(1) }).kinds.length).reduce((a, b) => a + b);
    assert.equal(carriedOut(), 3);
    play.take({ kind: 'tick', nowMs: 1 });
    assert.equal(carriedOut(), 3);
  }
});

test('R5: notices without end are not passed on without end', () => {
  const play = new Play().greet({}, undefined);
  const passed = (): number => Array.from({ length: 50 }, () => play.hear(oneOfEach.notice).kinds.length).reduce((a, b) => a + b);
  assert.equal(passed(), 20);
  play.take({ kind: 'tick', nowMs: 0 });
  assert.equal(passed(), 20);
});

test('S4: other content than was sent raises an alarm and is not offered again; the right one settles it', () => {
  const play = new Play().greet({}, published(1)).hear(credit(16)).transfer('snapshot', published(1)).hear(appliedOf(published(1, 'f'.repeat(64))));
  assert.deepEqual([play.state.kind, play.kinds, play.find('alarm')?.code], ['settled', ['report-applied', 'alarm'], 'SYNC_DATA_PLANE_DIVERGED']);
  assert.deepEqual(play.take({ kind: 'tick', nowMs: 0 }).kinds, []);
  play.take({ kind: 'released', published: published(2) }).transfer('delta', published(2)).hear(appliedOf(published(2)));
  assert.ok(play.find('settle')?.codes.includes('SYNC_DATA_PLANE_DIVERGED'));
});

test('a transfer that was cut off goes on where it was; one whose parts do not fit is sent from its beginning', () => {
  const partial = { wireHash: 'a'.repeat(64), bytes: CHUNK_BYTES };
  const play = new Play().greet({ partial }, published(3)).hear(credit(16));
  assert.deepEqual(new Play().greet({ partial }, published(3)).find('prepare'), { kind: 'prepare', base: undefined, partial, newcomer: true });
  play.take(transferTo('snapshot', published(2), CHUNK_BYTES + 5, { startOffset: CHUNK_BYTES }));
  assert.deepEqual([play.find('announce')?.startOffset, play.find('send-chunk')?.offset, play.find('send-chunk')?.length], [CHUNK_BYTES, CHUNK_BYTES, 5]);
  play.take({ kind: 'chunk-sent', transferId: 2 });
  const resumed = new Play(play.state).hear(appliedOf(published(2)));
  assert.deepEqual(resumed.find('prepare'), { kind: 'prepare', base: published(2).version, partial: undefined, newcomer: false }, 'what is newer follows as a change');
  play.hear(rejectedOf(published(2), 'TRANSFER_HASH_MISMATCH'));
  assert.deepEqual(play.find('prepare'), { kind: 'prepare', base: undefined, partial: undefined, newcomer: true });
});

test('an expired certificate gets as far as Renew and no further', () => {
  const renew: SyncMessage = { kind: 'renew', certificateRequest: Buffer.from('csr') };
  assert.deepEqual(new Play(initialState('expired', 0)).hear(renew).kinds, ['renew']);
  for (const message of [hello, credit(1), appliedOf(published(1))]) {
    assert.equal(new Play(initialState('expired', 0)).hear(message).endedWith, 'SYNC_CERTIFICATE_EXPIRED');
  }
});

test('a certificate is renewed at any time of a session', () => {
  const renew: SyncMessage = { kind: 'renew', certificateRequest: Buffer.from('csr') };
  assert.deepEqual(new Play().greet({}, published(1)).hear(renew).kinds, ['renew']);
});

test('an older protocol than we understand is refused at Hello', () => {
  assert.equal(new Play().hear({ ...hello, protocolVersion: 0 }).endedWith, 'SYNC_PROTOCOL_UNSUPPORTED');
});

test('credit beyond reason is refused', () => {
  assert.equal(new Play().greet({}, undefined).hear(credit(4_000_000_000)).endedWith, 'SYNC_UNEXPECTED_FRAME');
});

// ---- the table ----

const oneOfEach: { readonly [Kind in SyncMessage['kind']]: Extract<SyncMessage, { kind: Kind }> } = {
  hello, welcome: { kind: 'welcome', protocolVersion: 1, softwareVersion: '', rootStatements: [], delegationStatement: '', headStatement: '', contentKeys: [], pingIntervalMs: 1, telemetryCredit: 1, recordsCredit: 1, labels: {}, authoritiesStatement: '' },
  snapshot: { kind: 'snapshot', transferId: 1, manifestStatement: '', transferStatement: '', compression: '', epochStatement: '', startOffset: 0 },
  delta: { kind: 'delta', transferId: 1, manifestStatement: '', transferStatement: '', compression: '', startOffset: 0 },
  chunk: { kind: 'chunk', transferId: 1, offset: 0, bytes: Buffer.from('x') },
  applied: { kind: 'applied', version: { epoch: 1, sequence: 1 }, contentRoot: 'a'.repeat(64), tookMs: 1, quarantined: [{ entityKind: 'routes', id: newId<EntityId>(), code: 'X', reason: '' }], already: false },
  rejected: { kind: 'rejected', version: { epoch: 1, sequence: 1 }, code: 'X', reasons: [] },
  'fell-back': { kind: 'fell-back', from: { epoch: 1, sequence: 2 }, to: { epoch: 1, sequence: 1 }, fromRoot: '', reason: '' },
  head: { kind: 'head', headStatement: '' }, ping: { kind: 'ping', nonce: 1, answer: false },
  telemetry: { kind: 'telemetry', bootId, sequence: 1, batch: Buffer.from('x'), records: false }, 'telemetry-ack': { kind: 'telemetry-ack', bootId, sequence: 1, records: false },
  credit: { kind: 'credit', chunks: 1, telemetry: 0, records: 0 }, renew: { kind: 'renew', certificateRequest: Buffer.from('x') },
  renewed: { kind: 'renewed', certificateChain: '' }, bye: { kind: 'bye', code: 'shutting-down', reason: '', retryAfterMs: 0 },
  question: { kind: 'question', id: 1, subject: 'explain', document: Buffer.from('{}') }, answer: { kind: 'answer', id: 1, document: Buffer.from('{}'), problem: '' },
  trust: { kind: 'trust', rootStatements: [], delegationStatement: '', contentKeys: [], authoritiesStatement: '' }, notice: { kind: 'notice', code: 'SYNC_HEAD_OLDER', detail: '', version: undefined },
  health: { kind: 'health', targets: [], leftOut: 0 }, counts: { kind: 'counts', windows: [] }, 'cache-purges': { kind: 'cache-purges', forgottenMs: 0, purges: [] },
};

/** A state of each kind, as play gets there. */
const states: { readonly [Kind in SessionState['kind']]: SessionState } = {
  'awaiting-hello': initialState('valid', 0),
  'renewing-only': initialState('expired', 0),
  greeting: new Play().hear(hello).state,
  settled: new Play().greet({}, undefined).state,
  preparing: new Play().greet({}, published(1)).state,
  sending: new Play().greet({}, published(1)).take(transferTo('snapshot', published(1), 10)).state,
  confirming: new Play().greet({}, published(1)).hear(credit(1)).transfer('snapshot', published(1)).state,
  closed: new Play().take({ kind: 'disconnected' }).state,
};

/** Which frames a state takes; every other one ends the session. Ping, Renew and Bye are taken wherever it lives. */
const takenIn: { readonly [Kind in SessionState['kind']]: readonly SyncMessage['kind'][] } = {
  'awaiting-hello': ['hello'],
  'renewing-only': [],
  greeting: ['credit'],
  settled: ['credit', 'telemetry', 'applied', 'rejected', 'fell-back', 'answer', 'notice', 'health', 'counts'],
  preparing: ['credit', 'telemetry', 'applied', 'rejected', 'fell-back', 'answer', 'notice', 'health', 'counts'],
  sending: ['credit', 'telemetry', 'applied', 'rejected', 'fell-back', 'answer', 'notice', 'health', 'counts'],
  confirming: ['credit', 'telemetry', 'applied', 'rejected', 'fell-back', 'answer', 'notice', 'health', 'counts'],
  closed: [],
};

for (const state of Object.values(states)) {
  test(`${state.kind}: each kind of frame is taken or ends the session`, () => {
    for (const message of Object.values(oneOfEach)) {
      const play = new Play(state).hear(message);
      if (state.kind === 'closed' || message.kind === 'bye') assert.equal(play.state.kind, 'closed');
      else if (message.kind === 'ping' || message.kind === 'renew' || takenIn[state.kind].includes(message.kind)) assert.notEqual(play.state.kind, 'closed', message.kind);
      else assert.match(play.endedWith ?? '', /^SYNC_(UNEXPECTED_FRAME|CERTIFICATE_EXPIRED)$/, message.kind);
    }
  });

  test(`${state.kind}: ends when told to, with a goodbye, and is closed when the connection is`, () => {
    const ended = new Play(state).take({ kind: 'end', code: 'shutting-down', reason: 'r', retryAfterMs: 5 });
    assert.equal(ended.state.kind, 'closed');
    assert.deepEqual(ended.kinds, state.kind === 'closed' ? [] : ['send', 'close']);
    assert.deepEqual(new Play(state).take({ kind: 'disconnected' }).kinds, []);
    assert.equal(new Play(state).take({ kind: 'disconnected' }).state.kind, 'closed');
  });
}

test('every cell of the table can be stepped, and closed stays closed without a word', () => {
  const events: { readonly [Kind in SessionEvent['kind']]: Extract<SessionEvent, { kind: Kind }> } = {
    frame: { kind: 'frame', message: oneOfEach.ping, nowMs: 1 }, 'welcome-ready': { kind: 'welcome-ready', welcome, newest: published(3) },
    released: { kind: 'released', published: published(3) }, 'transfer-ready': { kind: 'transfer-ready', transfer: undefined },
    'transfer-failed': { kind: 'transfer-failed' }, 'chunk-sent': { kind: 'chunk-sent', transferId: 1 },
    'telemetry-stored': { kind: 'telemetry-stored', bootId, sequence: 1, records: false }, tick: { kind: 'tick', nowMs: 1 },
    end: { kind: 'end', code: 'X', reason: '', retryAfterMs: 0 }, disconnected: { kind: 'disconnected' },
  };
  for (const [name, state] of Object.entries(states)) {
    assert.equal(state.kind, name);
    assert.deepEqual(Object.keys(SESSION_TABLE[state.kind]).sort(), Object.keys(events).sort());
    for (const event of Object.values(events)) {
      const step = stepSession(state, event);
      if (state.kind === 'closed') assert.deepEqual(step, { state, effects: [] });
    }
  }
});
