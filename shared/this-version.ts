import { readFileSync } from 'node:fs';
import { isJsonObject } from './model/entity-checks.ts';
import type { JsonValue } from './model/definition.ts';
import { assert } from './assert.ts';

/** The version of this software, as package.json says it: `x.y.z`. */
export const THIS_VERSION = readVersion();

function readVersion(): string {
  const file: JsonValue = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  const version = isJsonObject(file) ? file['version'] : undefined;
  assert(typeof version === 'string', 'package.json has a version');
  return version;
}
