/**
 * What holds for every message that the gateway writes, beyond being well-formed (RFC 9110 §7, invariants R1 and R2 of
 * ARCHITECTURE.md): for requests as an origin gets them, for responses as a client gets them. Each function gives a list
 * of what is wrong. Used by the upstream oracle and the attack cases; shares nothing with the proxy's own code.
 */
import { requestLineOf, statusOf, valuesOf, type StrictMessage } from './strict-reader.ts';

/** Fields for one hop only. Whatever else a client lists in Connection must be gone too; that is for each case to say. */
const HOP_BY_HOP = ['keep-alive', 'proxy-connection', 'proxy-authenticate', 'proxy-authorization', 'http2-settings'];
const IDENTITY = ['x-credential-identifier', 'x-anonymous-consumer', 'x-authenticated-groups'];
const WRITTEN_BY_US_ONCE = ['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host', 'x-forwarded-port', 'x-forwarded-path', 'x-forwarded-prefix', 'x-real-ip', 'x-kong-request-id'];
const NEVER_IN_TRAILERS = ['host', 'content-length', 'transfer-encoding', 'connection', 'upgrade', 'te', 'trailer', 'expect', 'authorization', 'content-encoding', 'content-type', 'content-range'];
/** Where `_` for `-` would make one of these of another name. */
const ALIASED = [...HOP_BY_HOP, ...IDENTITY, ...WRITTEN_BY_US_ONCE, 'host', 'connection', 'content-length', 'transfer-encoding', 'upgrade', 'expect', 'te', 'trailer'];

const NOT_NORMAL_ESCAPE = /%(?![0-9A-F]{2})|%00|%5C|%(?:2D|2E|3\d|4[1-9A-F]|5[0-9A]|5F|6[1-9A-F]|7[0-9A]|7E)/;
const PATH = /^\/[A-Za-z0-9\-._~!$&'()*+,;=:@%/[\]]*$/;
const QUERY = /^[\x21\x22\x24-\x7e]*$/;
const HOST = /^(?:[A-Za-z0-9\-._~]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;

export interface RequestAllowances {
  /** A plugin names the consumer: then the identity fields are ours. */
  readonly identity: boolean;
}

/** What is wrong with a request as an origin got it. */
export function faultsOfRequest(message: StrictMessage, allow: RequestAllowances): readonly string[] {
  const { method, target, minor } = requestLineOf(message);
  const faults: string[] = [];
  if (minor !== 1) faults.push('the gateway speaks HTTP/1.1 to upstreams');
  if (method === 'CONNECT' || method === 'TRACE') faults.push(`method ${method}`);
  faults.push(...faultsOfTarget(method, target));
  const hosts = valuesOf(message, 'host');
  if (hosts.length !== 1 || !HOST.test(hosts[0] ?? '')) faults.push(`Host ${JSON.stringify(hosts)}`);
  faults.push(...faultsOfFraming(message), ...faultsOfHops(message));
  if (message.fields.some(([name]) => name === 'expect')) faults.push('Expect went on');
  for (const name of WRITTEN_BY_US_ONCE) if (valuesOf(message, name).length > 1) faults.push(`${name} more than once`);
  for (const [name] of message.fields) {
    if (name.includes('_') && isAliasOf(name)) faults.push(`${name} may be taken for another field`);
    if (!allow.identity && (IDENTITY.includes(name) || name.startsWith('x-consumer-'))) faults.push(`identity field ${name}`);
  }
  return faults;
}

function isAliasOf(name: string): boolean {
  const dashed = name.replaceAll('_', '-');
  return ALIASED.includes(dashed) || dashed.startsWith('x-consumer-');
}

/** The one normal form of a path (R1). */
function faultsOfTarget(method: string, target: string): readonly string[] {
  if (target === '*') return method === 'OPTIONS' ? [] : ['asterisk form'];
  const mark = target.indexOf('?');
  const path = mark === -1 ? target : target.slice(0, mark);
  const segments = path.split('/').slice(1);
  const faults: string[] = [];
  if (!PATH.test(path) || NOT_NORMAL_ESCAPE.test(path)) faults.push(`path ${path} is not in normal form`);
  if (segments.some((segment, index) => segment === '.' || segment === '..' || (segment === '' && index < segments.length - 1))) faults.push(`segments of ${path}`);
  if (mark !== -1 && !QUERY.test(target.slice(mark + 1))) faults.push(`query of ${target}`);
  return faults;
}

function faultsOfFraming(message: StrictMessage): readonly string[] {
  const faults: string[] = [];
  const [coding] = valuesOf(message, 'transfer-encoding');
  const [length] = valuesOf(message, 'content-length');
  if (coding !== undefined && coding !== 'chunked') faults.push(`Transfer-Encoding ${coding}`);
  if (length !== undefined && !/^(?:0|[1-9]\d*)$/.test(length)) faults.push(`Content-Length ${length}`);
  for (const line of message.lines) {
    if (/^(?:content-length|transfer-encoding):/i.test(line) && !/^[^:]*: \S+$/.test(line)) faults.push(`framing line ${JSON.stringify(line)}`);
  }
  if (message.extensions.length > 0) faults.push(`chunk extensions ${message.extensions.join(';')}`);
  for (const [name] of message.trailers) {
    if (NEVER_IN_TRAILERS.includes(name) || HOP_BY_HOP.includes(name) || IDENTITY.includes(name) || name.startsWith('x-consumer-') || WRITTEN_BY_US_ONCE.includes(name)) faults.push(`trailer ${name}`);
  }
  return faults;
}

function faultsOfHops(message: StrictMessage): readonly string[] {
  const faults = HOP_BY_HOP.filter((name) => valuesOf(message, name).length > 0).map((name) => `${name} went on`);
  const te = valuesOf(message, 'te');
  if (te.length > 1 || (te.length === 1 && te[0] !== 'trailers')) faults.push(`TE ${te.join(' | ')}`);
  const upgrade = valuesOf(message, 'upgrade');
  const listed = valuesOf(message, 'connection').flatMap((value) => value.toLowerCase().split(',')).map((name) => name.trim());
  const due = [...(te.length > 0 ? ['te'] : []), ...(upgrade.length > 0 ? ['upgrade'] : [])];
  if (valuesOf(message, 'connection').length > 1 || listed.some((name) => !due.includes(name)) || due.some((name) => !listed.includes(name))) {
    faults.push(`Connection ${JSON.stringify(listed)} beside ${JSON.stringify(due)}`);
  }
  if (upgrade.length > 1 || (upgrade.length === 1 && upgrade[0]?.toLowerCase() !== 'websocket')) faults.push(`Upgrade ${upgrade.join(' | ')}`);
  return faults;
}

/** What is wrong with a response as the client that sent `method` got it. */
export function faultsOfResponse(message: StrictMessage, method: string): readonly string[] {
  const status = statusOf(message);
  const isInterim = status.startsWith('1');
  const faults: string[] = [...HOP_BY_HOP.filter((name) => valuesOf(message, name).length > 0).map((name) => `${name} went on`)];
  if (!message.startLine.startsWith('HTTP/1.1 ')) faults.push(message.startLine);
  faults.push(...faultsOfFraming(message));
  const framed = valuesOf(message, 'content-length').length + valuesOf(message, 'transfer-encoding').length;
  if ((isInterim || status === '204') && framed > 0) faults.push(`framing fields with ${status}`);
  if ((status === '304' || method === 'HEAD') && valuesOf(message, 'transfer-encoding').length > 0) faults.push('Transfer-Encoding without body');
  const connection = valuesOf(message, 'connection').map((value) => value.toLowerCase());
  if (connection.length > 1) faults.push('Connection more than once');
  const switches = status === '101' || status === '426';
  if (connection.some((value) => !['close', 'keep-alive', ...(switches ? ['upgrade'] : [])].includes(value)) && !switches) faults.push(`Connection ${connection.join(' | ')}`);
  if (valuesOf(message, 'upgrade').length > 0 && !switches) faults.push('Upgrade went on');
  if (message.framing === 'until-close' && connection[0] !== 'close') faults.push('a body that ends with the connection, which is not said to close');
  for (const name of ['x-kong-request-id', 'x-kong-upstream-latency', 'x-kong-proxy-latency', 'x-kong-response-latency', 'content-length']) {
    if (valuesOf(message, name).length > 1) faults.push(`${name} more than once`);
  }
  return faults;
}
