/**
 * A request that goes upstream after its client was answered from what a plugin had (a verdict with `refresh`): a second exchange with
 * the same head, configuration, client and per-request state, whose output nobody gets. The phases go on where the verdict ended them,
 * as if that plugin had let it pass. It is no client's request, so it is not recorded (R4), only counted; and bounded (R5).
 */
import { parseRequestHead } from '../http1/head-parser.ts';
import { Http1RequestView } from '../http1/request-view.ts';
import type { ClientSide } from './client-side.ts';
import { Exchange } from './exchange.ts';
import { PluginConditions } from './plugin-conditions.ts';

/** At a time, of one proxy. Above it a verdict is an answer and nothing more. */
const MAX_REFRESHES = 100;

/** The exchange for it; undefined where there may be none: with a body, which is not there twice, for an upgrade, where too many are under way or load is shed, or for what is one already. */
export function refreshOf(exchange: Exchange): Exchange | undefined {
  const { core, head, client, request, pinned, isRefresh } = exchange;
  if (isRefresh || pinned === undefined || head.chunked || head.contentLength > 0 || head.listed?.includes('upgrade') === true) return undefined;
  if (core.refreshes.size >= MAX_REFRESHES || core.overload.sheds) {
    core.counters.refreshesSkipped += 1;
    return undefined;
  }
  const copy = core.heads.take();
  const bytes = Buffer.from(head.buffer.subarray(head.start, head.end));
  copy.begin(0);
  if (parseRequestHead(copy, bytes, bytes.length, core.limits) !== 'complete') {
    core.heads.giveBack(copy);
    return undefined;
  }
  copy.keep();
  const refresh = new Exchange(core, silentClient(exchange, client), copy, new Http1RequestView(copy, client.facts, request.clientAddress));
  refresh.isRefresh = true;
  refresh.pinned = core.configs.pinAgain(pinned);
  refresh.match = exchange.match;
  refresh.chain = exchange.chain;
  refresh.turns = exchange.turns;
  refresh.phase = exchange.phase;
  refresh.nextPlugin = exchange.nextPlugin;
  refresh.states = exchange.states;
  if (exchange.conditions !== undefined) refresh.conditions = new PluginConditions(refresh, exchange.conditions);
  refresh.collectedUpTo = exchange.collectedUpTo;
  refresh.collectedBody = exchange.collectedBody;
  refresh.replacedBody = exchange.replacedBody;
  refresh.traceId = exchange.traceId;
  refresh.consumer = exchange.consumer;
  refresh.credential = exchange.credential;
  refresh.authenticatedGroups = exchange.authenticatedGroups;
  refresh.upstreamEdits = exchange.upstreamEdits;
  refresh.edits = exchange.edits;
  return refresh;
}

/** Takes whatever it is given, at once. */
function silentClient({ core }: Exchange, { facts, peerIsTrusted, usualLines }: ClientSide): ClientSide {
  return {
    facts, peerIsTrusted, usualLines,
    unsentBytes: 0,
    sendOutgoing: () => core.out.clear(),
    bodyDemandChanged: () => undefined,
    beginTunnel() {
      throw new Error('a refresh never asks for an upgrade');
    },
    requestEnded: () => undefined,
    cut: () => undefined,
  };
}
