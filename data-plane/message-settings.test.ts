import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSettings } from '../shared/settings.ts';
import { messageLimitsOf, messageOptionsOf, messageSettings } from './message-settings.ts';
import { DEFAULT_MESSAGE_OPTIONS } from './proxy/message-options.ts';
import { DEFAULT_PROXY_LIMITS } from './http1/limits.ts';

function options(environment: Readonly<Record<string, string>>): ReturnType<typeof messageOptionsOf> {
  return messageOptionsOf(parseSettings(messageSettings, { environment, arguments: [], readFile: () => '', workingFolder: '/' }));
}

test('what is left out is what the proxy does by itself', () => {
  assert.deepEqual(options({}), DEFAULT_MESSAGE_OPTIONS);
  const limits = messageLimitsOf(parseSettings(messageSettings, { environment: {}, arguments: [], readFile: () => '', workingFolder: '/' }));
  assert.deepEqual({ ...DEFAULT_PROXY_LIMITS, ...limits }, DEFAULT_PROXY_LIMITS);
});

test('codings, types and levels as a person would write them', () => {
  const { compression, upgradeProtocols } = options({ HOLDFAST_COMPRESSION: 'br,gzip', HOLDFAST_COMPRESSION_TYPES: 'text/*,Application/*+JSON', HOLDFAST_COMPRESSION_LEVELS: 'br:11', HOLDFAST_COMPRESSION_MIN_BYTES: '0', HOLDFAST_UPGRADE_PROTOCOLS: 'WebSocket,raw/1' });
  assert.deepEqual(compression, { codings: ['br', 'gzip'], minBytes: 0, types: ['text/*', 'application/*+json'], levels: { gzip: 5, br: 11, zstd: 3 } });
  assert.deepEqual(upgradeProtocols, ['websocket', 'raw/1']);
  assert.equal(options({ HOLDFAST_COMPRESSION: '' }).compression, undefined);
});

test('a slip is refused with its setting and the way out', () => {
  for (const codings of ['deflate', 'gzip,off', 'gzip,GZIP']) assert.throws(() => options({ HOLDFAST_COMPRESSION: codings }), /HOLDFAST_COMPRESSION has ".*"; write off, or some of/, codings);
  for (const levels of ['gzip', 'gzip:0', 'gzip:10', 'br:12', 'zstd:x', 'lz4:1', 'constructor:1']) assert.throws(() => options({ HOLDFAST_COMPRESSION_LEVELS: levels }), /HOLDFAST_COMPRESSION_LEVELS has/, levels);
  for (const types of ['text', '*/*', 'text/html;charset=utf-8']) assert.throws(() => options({ HOLDFAST_COMPRESSION_TYPES: types }), /HOLDFAST_COMPRESSION_TYPES has/, types);
  for (const names of ['h2c', 'web socket', 'a/b/c']) assert.throws(() => options({ HOLDFAST_UPGRADE_PROTOCOLS: names }), /HOLDFAST_UPGRADE_PROTOCOLS has/, names);
});
