import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findUnstorableText, storableText } from './storable-text.ts';

test('what can not be stored is replaced, and nothing else', () => {
  assert.equal(storableText('größe 😀'), 'größe 😀');
  assert.equal(storableText('a\0b\ud83d…'), 'a\ufffdb\ufffd…');
});

test('finds what Postgres would refuse, wherever it stands, and names the path', () => {
  assert.equal(findUnstorableText({ name: 'fine', tags: ['größe', '😀'], config: { a: [1, true, null] } }), undefined);
  assert.equal(findUnstorableText({ config: { a: [{ b: 'x\0' }] } }), 'config.a.0.b');
  assert.equal(findUnstorableText({ tags: ['ok', '\ud83d'] }), 'tags.1');
  assert.equal(findUnstorableText({ headers: { 'na\0me': ['x'] } }), 'headers.na\0me');
  assert.equal(findUnstorableText('\ude00'), '');
});
