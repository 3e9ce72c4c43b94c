/** Which header lines of a response are stored, and so written again by the gateway: none of the connection, of this one answer, or that the gateway writes itself. */
import type { HeaderLine } from './stored-response.ts';

const NOT_STORED = new Set([
  'connection', 'keep-alive', 'proxy-connection', 'proxy-authenticate', 'proxy-authorization', 'proxy-authentication-info', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'http2-settings', 'expect',
  'content-length', 'content-type', 'age', 'via', 'x-cache-status', 'x-cache-key', 'x-kong-request-id', 'x-kong-upstream-latency', 'x-kong-proxy-latency', 'x-kong-upstream-status', 'x-kong-response-latency',
]);
/** Applications take `_` for `-`, so the gateway writes no such name where the other one is its own. */
const OWN = /^(?:x-(?:kong|forwarded|consumer|real|credential|anonymous|authenticated)-|host$)/;
const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,256}$/;
// eslint-disable-next-line no-control-regex -- these are what must not be in a value (RFC 9110 §5.5)
const FORBIDDEN = /[\u0000-\u0008\u000a-\u001f\u007f]/;

export function isStored(name: string): boolean {
  const key = name.toLowerCase();
  if (!key.includes('_')) return !NOT_STORED.has(key);
  const folded = key.replaceAll('_', '-');
  return !NOT_STORED.has(folded) && !OWN.test(folded);
}

/** What comes from a store that others can write to is looked at again. */
export function isWellFormed([name, value]: HeaderLine): boolean {
  return NAME.test(name) && isStored(name) && isValue(value);
}

export function isValue(value: string): boolean {
  return !FORBIDDEN.test(value);
}
