import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { newId } from '../model/ids.ts';
import { formatJoinToken, parseJoinToken, type JoinToken } from './join-token.ts';

const token: JoinToken = {
  version: 1,
  urls: ['https://control.example:8005', 'https://10.0.0.7:8005', 'https://[2001:db8::1]:8005'],
  tokenId: newId(),
  secret: randomBytes(32).toString('base64url'),
  caFingerprint: 'ab'.repeat(32),
  rootFingerprint: 'cd'.repeat(32),
};

function encode(fields: unknown): string {
  return `hfjoin1_${Buffer.from(JSON.stringify(fields)).toString('base64url')}`;
}

test('a token survives its text form, also with white space around it', () => {
  assert.deepEqual(parseJoinToken(`  ${formatJoinToken(token)}\n`), token);
});

const fields: readonly unknown[] = [1, token.urls, token.tokenId, token.secret, token.caFingerprint, token.rootFingerprint];
const wrong: readonly { readonly name: string; readonly text: string; readonly says: RegExp }[] = [
  { name: 'nothing', text: '', says: /begin with hfjoin1_/ },
  { name: 'another kind of token', text: 'eyJhbGciOi', says: /begin with hfjoin1_/ },
  { name: 'cut off', text: formatJoinToken(token).slice(0, -8), says: /incomplete or altered/ },
  { name: 'too long', text: `hfjoin1_${'A'.repeat(5000)}`, says: /too long/ },
  { name: 'a newer version', text: encode(fields.with(0, 2)), says: /newer control plane/ },
  { name: 'no address', text: encode(fields.with(1, [])), says: /https:\/\/host:port/ },
  { name: 'plain http', text: encode(fields.with(1, ['http://control.example:8005'])), says: /https:\/\/host:port/ },
  { name: 'an address with a path', text: encode(fields.with(1, ['https://control.example:8005/x'])), says: /https:\/\/host:port/ },
  { name: 'an address with a password', text: encode(fields.with(1, ['https://a:b@control.example:8005'])), says: /https:\/\/host:port/ },
  { name: 'an id that is none', text: encode(fields.with(2, 'x')), says: /incomplete or altered/ },
  { name: 'a short secret', text: encode(fields.with(3, 'c2hvcnQ')), says: /incomplete or altered/ },
  { name: 'no fingerprint of the CA', text: encode(fields.with(4, '')), says: /incomplete or altered/ },
  { name: 'no fingerprint of the root set', text: encode(fields.with(5, 7)), says: /incomplete or altered/ },
  { name: 'a field more', text: encode([...fields, 1]), says: /incomplete or altered/ },
];
for (const { name, text, says } of wrong) {
  test(`a token with ${name} is refused with the way out and without the secret`, () => {
    assert.throws(() => parseJoinToken(text), (thrown: unknown) => {
      assert.ok(thrown instanceof Error && 'code' in thrown);
      assert.equal(thrown.code, 'JOIN_TOKEN_INVALID');
      assert.match(thrown.message, says);
      assert.match(thrown.message, /join-token create/);
      assert.ok(!thrown.message.includes(token.secret));
      return true;
    });
  });
}
