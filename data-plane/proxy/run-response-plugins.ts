/**
 * Runs the plugins of a response, phase by phase, by priority: its head, its whole body where they asked for that, each piece of it
 * where they look on. Called by relay-response.ts. What a plugin throws over head or body ends the response with 500; what it
 * throws while it looks on ends its looking on.
 */
import type { ChainEntry } from '../config/active-config.ts';
import type { ResponseHead } from '../http1/message-head.ts';
import type { Ranges } from '../http1/ranges.ts';
import type { Exchange } from './exchange.ts';
import type { GeneratedResponse } from './generated-response.ts';
import { LogPluginContext } from './plugin-contexts.ts';
import { generatedSource, ResponsePluginContext, UpstreamSource } from './response-contexts.ts';
import { expectNoPromise, reportPluginError, runs, stateOf } from './run-plugins.ts';

/** `responseHead` over an upstream's response. False where a plugin threw. What they want stands in `exchange.responseWishes`. */
export function runUpstreamHead(exchange: Exchange, head: ResponseHead): boolean {
  if (exchange.chain.responseHead.length === 0) return true;
  const before = exchange.responseEdits?.copy();
  const context = new ResponsePluginContext(exchange, new UpstreamSource(head), undefined);
  if (!runHead(exchange, context)) return false;
  const { own } = context;
  if (own?.isStored !== true) return true;
  // Those that had their turn looked at a response that nobody gets: what they make of the stored one counts.
  exchange.responseEdits = before;
  for (const name of own.headers?.names() ?? []) before?.forget(name);
  return runOwnHead(exchange, own);
}

/** The same over a response of our own. */
export function runOwnHead(exchange: Exchange, response: GeneratedResponse): boolean {
  if (exchange.chain.responseHead.length === 0) return true;
  return runHead(exchange, new ResponsePluginContext(exchange, generatedSource(response), response));
}

function runHead(exchange: Exchange, context: ResponsePluginContext): boolean {
  exchange.responseWishes = context;
  for (const entry of exchange.chain.responseHead) {
    context.current = entry;
    const { own } = context;
    try {
      if (!runs(exchange, entry)) continue;
      exchange.phases?.begin('responseHead', entry.name);
      expectNoPromise(entry.instance.responseHead?.(context, stateOf(exchange, entry)));
      exchange.phases?.end();
    } catch (thrown) {
      context.close();
      reportPluginError(exchange, entry, 'responseHead', thrown);
      return false;
    }
    if (context.own?.isStored === true && context.own !== own) break;
  }
  if (context.collectors === undefined) context.close();
  return true;
}

/** `responseBody` of those that asked for it, once; undefined is a body that was too long. False where a plugin threw. */
export function runBody(exchange: Exchange, context: ResponsePluginContext, body: Buffer | undefined): boolean {
  const wishes = context.collectors ?? [];
  context.collectors = undefined;
  context.isBodyPhase = true;
  context.whole = body;
  for (const { entry, maxBytes } of wishes) {
    context.current = entry;
    context.mostBytes = maxBytes;
    try {
      exchange.phases?.begin('responseBody', entry.name);
      expectNoPromise(entry.instance.responseBody?.(context, stateOf(exchange, entry)));
      exchange.phases?.end();
    } catch (thrown) {
      context.close();
      reportPluginError(exchange, entry, 'responseBody', thrown);
      return false;
    }
  }
  return true;
}

/** Those that look at the body as it passes. */
export class BodyObservers {
  readonly #exchange: Exchange;
  readonly #context: LogPluginContext;
  #entries: readonly ChainEntry[];

  /** Once the head was written. */
  constructor(exchange: Exchange, entries: readonly ChainEntry[]) {
    this.#exchange = exchange;
    this.#entries = entries;
    this.#context = new LogPluginContext(exchange);
  }

  passEach(buffer: Buffer, ranges: Ranges): void {
    for (let index = 0; index < ranges.count; index++) this.pass(buffer.subarray(ranges.start(index), ranges.end(index)));
  }

  /** Undefined: the body is complete. */
  pass(bytes: Uint8Array | undefined): void {
    for (const entry of this.#entries) {
      try {
        expectNoPromise(entry.instance.responseBytes?.(this.#context, bytes, stateOf(this.#exchange, entry)));
      } catch (thrown) {
        this.#entries = this.#entries.filter((other) => other !== entry);
        reportPluginError(this.#exchange, entry, 'responseBytes', thrown);
      }
    }
  }
}
