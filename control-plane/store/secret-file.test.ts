import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { keyEncryptionKeyId, parseKeyEncryptionKey, readOrCreateKeyEncryptionKey } from './key-encryption-key.ts';
import { readOrCreateSecretFile } from './secret-file.ts';

function secretPath(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-test-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'secret');
}

test('a secret is made once, for its owner only, and nothing else is left in the folder', (t) => {
  const path = secretPath(t);
  assert.equal(readOrCreateSecretFile(path, () => 'first'), 'first');
  assert.equal(readOrCreateSecretFile(path, () => 'second'), 'first');
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(join(path, '..')), ['secret']);
});

test('of two that make one at once, the first one’s counts for both', (t) => {
  const path = secretPath(t);
  assert.equal(readOrCreateSecretFile(path, () => readOrCreateSecretFile(path, () => 'winner') && 'loser'), 'winner');
  assert.deepEqual(readdirSync(join(path, '..')), ['secret']);
});

test('a secret file that others may read is refused', (t) => {
  const path = secretPath(t);
  readOrCreateSecretFile(path, () => 'first');
  chmodSync(path, 0o640);
  assert.throws(() => readOrCreateSecretFile(path, () => 'second'), { code: 'STORE_SECRET_FILE_OPEN' });
});

test('a key-encryption key is 32 bytes in base64, with or without padding, and is named by a number that is its own', (t) => {
  const key = Buffer.alloc(32, 0xfb);
  for (const text of [key.toString('base64'), key.toString('base64url')]) assert.deepEqual(Buffer.from(parseKeyEncryptionKey(text)), key);
  for (const text of ['', 'short', Buffer.alloc(31).toString('base64'), Buffer.alloc(33).toString('base64'), `${key.toString('base64')}x`, 'a'.repeat(64)]) {
    assert.throws(() => parseKeyEncryptionKey(text), { code: 'STORE_KEY_ENCRYPTION_KEY_INVALID' }, text);
  }
  const path = secretPath(t);
  const made = readOrCreateKeyEncryptionKey(path);
  assert.deepEqual(readOrCreateKeyEncryptionKey(path), made);
  assert.notEqual(keyEncryptionKeyId(made), keyEncryptionKeyId(key));
  assert.equal(keyEncryptionKeyId(key), keyEncryptionKeyId(Buffer.alloc(32, 0xfb)));
});
