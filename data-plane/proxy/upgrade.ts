/**
 * Upgrades (RFC 9110 §7.8): which requests ask for one that is allowed, and whether a 101 answers that very request. Only
 * then do bytes go through unread, so both are judged strictly.
 */
import { createHash } from 'node:crypto';
import type { ResponseHead } from '../http1/message-head.ts';
import type { ChainEntry } from '../config/active-config.ts';
import type { Exchange } from './exchange.ts';
import { runs } from './run-plugins.ts';

export interface UpgradeRequest {
  /** Lower case: `websocket`. */
  readonly protocol: string;
  /** What Sec-WebSocket-Accept must be; undefined for other protocols. */
  readonly accept: string | undefined;
  /** The plugins that look at its frames. */
  readonly inspectors: readonly ChainEntry[];
}

/** RFC 6455 §1.3. */
const WEBSOCKET_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
/** 16 bytes in base64. */
const WEBSOCKET_KEY = /^[A-Za-z0-9+/]{22}==$/;

/** The upgrade a request asks for; undefined where it asks for none, or for one that can't be: then it is an ordinary request. */
export function upgradeOf(exchange: Exchange): UpgradeRequest | undefined {
  const { head, request, core, upstreamMethod, isRefresh } = exchange;
  if (head.listed?.includes('upgrade') !== true || head.minor === 0 || head.contentLength > 0 || head.chunked || isRefresh) return undefined;
  const tokens = request.headerValues('upgrade');
  const protocol = tokens[0]?.toLowerCase();
  if (tokens.length !== 1 || protocol === undefined || !core.messages.upgradeProtocols.includes(protocol)) return undefined;
  if (protocol !== 'websocket') return { protocol, accept: undefined, inspectors: [] };
  const keys = request.headerValues('sec-websocket-key');
  const [key = ''] = keys;
  if (upstreamMethod !== 'GET' || keys.length !== 1 || !WEBSOCKET_KEY.test(key)) return undefined;
  const inspectors = exchange.chain.webSocketFrame.filter((entry) => runs(exchange, entry));
  // What plugins are to read must not be compressed.
  if (inspectors.length > 0) exchange.editUpstream().remove('Sec-WebSocket-Extensions');
  return { protocol, accept: createHash('sha1').update(key + WEBSOCKET_GUID).digest('base64'), inspectors };
}

/** True where the 101 agrees to the upgrade that was asked for and to nothing else. */
export function isAgreement(upgrade: UpgradeRequest, head: ResponseHead): boolean {
  const tokens = head.values('upgrade');
  if (head.minor !== 1 || head.listed?.includes('upgrade') !== true || tokens.length !== 1 || tokens[0]?.toLowerCase() !== upgrade.protocol) return false;
  if (head.chunked || head.contentLength > 0) return false;
  if (upgrade.accept === undefined) return true;
  if (upgrade.inspectors.length > 0 && head.values('sec-websocket-extensions').length > 0) return false;
  const accepts = head.values('sec-websocket-accept');
  return accepts.length === 1 && accepts[0] === upgrade.accept;
}
