import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSettings } from '../shared/settings.ts';
import { checkSettings } from './check-settings.ts';
import { dataPlaneSettings } from './settings.ts';

function check(environment: Readonly<Record<string, string>>): void {
  checkSettings(parseSettings(dataPlaneSettings, { environment, arguments: [], readFile: () => '', workingFolder: '/' }));
}

test('what a person would write is taken', () => {
  check({});
  check({ HOLDFAST_CONTROL_PLANE_URLS: 'https://a:8005,https://[::1]:8005,https://b,https://c:443', HOLDFAST_CONTROL_PLANE_PROXY: 'http://u:p@proxy:3128', HOLDFAST_TRUSTED_IPS: '10.0.0.0/8,::1' });
});

test('a slip is refused with its setting and the way out, and without a password', () => {
  for (const url of ['http://a:8005', 'https://a:8005/', 'https://a/b', 'a:8005', 'https://u@a']) assert.throws(() => check({ HOLDFAST_CONTROL_PLANE_URLS: url }), /HOLDFAST_CONTROL_PLANE_URLS has ".*"; write each as https:\/\/host:port/, url);
  assert.throws(() => check({ HOLDFAST_CONTROL_PLANE_URLS: ' , ' }), /names none/);
  for (const proxy of ['proxy:3128', 'https://u:secret@proxy', 'http://u:secret@proxy/path']) {
    assert.throws(() => check({ HOLDFAST_CONTROL_PLANE_PROXY: proxy }), (thrown) => thrown instanceof Error && thrown.message.includes('HOLDFAST_CONTROL_PLANE_PROXY') && !thrown.message.includes('secret'), proxy);
  }
  assert.throws(() => check({ HOLDFAST_TRUSTED_IPS: '10.0.0.0/33' }), /10\.0\.0\.0\/33/);
});
