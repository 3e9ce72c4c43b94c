import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { PROTOCOL_HISTORY, PROTOCOL_VERSION } from './protocol-version.ts';

/** What is on the wire, without what only people read. */
function protocolText(name: string): string {
  const source = readFileSync(new URL(`../../proto/${name}`, import.meta.url), 'utf8');
  return source.replaceAll(/\/\/.*$/gm, '').replaceAll(/\s+/g, ' ').trim();
}

test('every change of the protocol files has a line in the protocol history', () => {
  const hash = createHash('sha256').update(protocolText('sync.proto')).update('\0').update(protocolText('telemetry.proto')).digest('hex');
  assert.equal(
    PROTOCOL_HISTORY.at(-1)?.hash,
    hash,
    'proto/sync.proto or proto/telemetry.proto changed: add a dated line with this hash to PROTOCOL_HISTORY, and raise the version if the other side must know',
  );
});

test('protocol versions never go down and dates are in order', () => {
  for (const [index, entry] of PROTOCOL_HISTORY.entries()) {
    const before = PROTOCOL_HISTORY[index - 1];
    assert.match(entry.date, /^\d{4}-\d{2}-\d{2}$/);
    if (before !== undefined) assert.ok(entry.version >= before.version && entry.date >= before.date);
  }
  assert.equal(PROTOCOL_VERSION, PROTOCOL_HISTORY.at(-1)?.version);
});
