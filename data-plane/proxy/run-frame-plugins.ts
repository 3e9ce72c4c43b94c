/**
 * Has the plugins of a request look at the frames of the WebSocket that it became, by priority: each sees what those before it made of a
 * frame. One that throws never opens the door: the connection is closed with 1011. Made by the life of the request when the tunnel begins.
 */
import { HoldfastError } from '../../shared/errors.ts';
import type { FrameVerdict, WebSocketFrame } from '../../shared/plugins/contract.ts';
import type { ChainEntry } from '../config/active-config.ts';
import type { Exchange } from './exchange.ts';
import { isClosePayload, isCloseStatus, MAX_CONTROL_BYTES, type FrameJudge } from './frame-inspection.ts';
import { RequestPluginContext } from './plugin-contexts.ts';
import { expectNoPromise, reportPluginError, stateOf } from './run-plugins.ts';

/** As the contract says it. */
const USUAL_MAX_BYTES = 65_536;
const INTERNAL_ERROR: FrameVerdict = { kind: 'close', status: 1011, reason: '' };
const REFUSED = { code: 'PROXY_WEBSOCKET_FRAME_REFUSED' };

/** Undefined where no plugin looks at frames. */
export function frameJudge(exchange: Exchange, inspectors: readonly ChainEntry[]): FrameJudge | undefined {
  return inspectors.length === 0 ? undefined : new PluginJudge(exchange, inspectors);
}

class PluginJudge implements FrameJudge {
  readonly maxPayloadBytes: number;
  readonly #exchange: Exchange;
  readonly #inspectors: readonly ChainEntry[];
  readonly #context: RequestPluginContext;

  constructor(exchange: Exchange, inspectors: readonly ChainEntry[]) {
    this.maxPayloadBytes = Math.min(...inspectors.map(({ instance }) => instance.maxFrameBytes ?? USUAL_MAX_BYTES));
    this.#exchange = exchange;
    this.#inspectors = inspectors;
    this.#context = exchange.pluginContext ??= new RequestPluginContext(exchange);
  }

  judge(frame: WebSocketFrame): FrameVerdict | undefined {
    let judged = frame;
    for (const entry of this.#inspectors) {
      try {
        const verdict = this.#ask(entry, judged);
        if (verdict?.kind === 'replace') judged = { ...judged, payload: verdict.payload };
        else if (verdict !== undefined) return verdict;
      } catch (thrown) {
        reportPluginError(this.#exchange, entry, 'webSocketFrame', thrown);
        return INTERNAL_ERROR;
      }
    }
    return judged === frame ? undefined : { kind: 'replace', payload: judged.payload };
  }

  closing(from: WebSocketFrame['from'], status: number, reason: string): void {
    const { core, requestId } = this.#exchange;
    core.counters.countRefusal(REFUSED.code);
    core.log.debug({ event: 'websocket-closed', code: REFUSED.code, from, status, reason, requestId }, `a WebSocket was closed with ${status} over a frame of the ${from}`);
  }

  #ask(entry: ChainEntry, frame: WebSocketFrame): FrameVerdict | undefined {
    this.#context.current = entry;
    const verdict = entry.instance.webSocketFrame?.(this.#context, frame, stateOf(this.#exchange, entry));
    expectNoPromise(verdict);
    if (verdict === undefined) return undefined;
    if (!isVerdict(verdict, frame)) {
      throw new HoldfastError({
        code: 'PLUGIN_VERDICT_INVALID',
        source: 'gateway',
        publicMessage: 'a plugin gave a verdict over a frame that is not valid',
        message: "a verdict over a frame must be undefined, { kind: 'drop' }, { kind: 'replace', payload: bytes } or { kind: 'close', status: 1000…1003, 1007…1014 or 3000…4999, reason: text }",
      });
    }
    if (verdict.kind !== 'replace' || !isControl(frame) || verdict.payload.length <= MAX_CONTROL_BYTES) return verdict;
    throw new HoldfastError({
      code: 'PLUGIN_FRAME_TOO_LARGE',
      source: 'gateway',
      publicMessage: 'a plugin made a control frame too large',
      message: `the payload of a ${frame.kind} frame has ${verdict.payload.length} bytes; at most ${MAX_CONTROL_BYTES} are allowed`,
    });
  }
}

function isControl({ kind }: WebSocketFrame): boolean {
  return kind === 'close' || kind === 'ping' || kind === 'pong';
}

/** Plugins need not be written in TypeScript. */
function isVerdict(verdict: FrameVerdict | null, { kind }: WebSocketFrame): verdict is FrameVerdict {
  switch (verdict?.kind) {
    case 'drop':
      return true;
    case 'replace':
      return verdict.payload instanceof Uint8Array && (kind !== 'close' || isClosePayload(verdict.payload));
    case 'close':
      return Number.isInteger(verdict.status) && isCloseStatus(verdict.status) && typeof verdict.reason === 'string';
    default:
      return false;
  }
}
