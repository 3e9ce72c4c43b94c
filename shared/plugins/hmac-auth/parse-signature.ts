/**
 * `hmac username="…", algorithm="…", headers="… …", signature="…"`: an Authorization header of signed requests (draft-cavage-http-signatures,
 * with Kong's names). Each name once, in any order, and nothing else. Used by handler.ts.
 */
import { textOf } from '../../plugin-parts/byte-text.ts';

export interface RequestSignature {
  readonly username: string;
  readonly algorithm: string;
  /** As given; not empty. */
  readonly signed: readonly string[];
  readonly signature: Uint8Array;
}

const NAMES = ['username', 'algorithm', 'headers', 'signature'] as const;
/** More than anybody signs. */
const MAX_SIGNED = 100;

/** Undefined where it is not of this form. */
export function parseSignature(value: string): RequestSignature | undefined {
  const scheme = /^hmac +/i.exec(value);
  if (scheme === null) return undefined;
  const found = new Map<string, string>();
  const parameter = /([a-z]+)="([^"]*)"[ \t]*(?:,[ \t]*|$)/y;
  parameter.lastIndex = scheme[0].length;
  while (parameter.lastIndex < value.length) {
    const [, name = '', text = ''] = parameter.exec(value) ?? [];
    if (!NAMES.some((known) => known === name) || found.has(name)) return undefined;
    found.set(name, text);
  }
  const [username, algorithm, headers, signature] = NAMES.map((name) => found.get(name) ?? '');
  const signed = (headers ?? '').split(' ').filter((name) => name !== '');
  if (username === undefined || username === '' || algorithm === undefined || signature === undefined || signature === '' || signed.length === 0 || signed.length > MAX_SIGNED) return undefined;
  return { username: textOf(username), algorithm, signed, signature: Buffer.from(signature, 'base64') };
}
