/**
 * The upstream-bytes oracle (R2): sees every byte of every connection between the gateway and an origin, in both directions,
 * and notes whatever should not be: a request that is not well-formed, one that begins before the one before it was answered,
 * anything behind one, a connection that is used again although its last exchange was odd. One per recording origin.
 */
import { faultsOfRequest, type RequestAllowances } from './message-rules.ts';
import { requestLineOf, statusOf, StrictReader, valuesOf, type StrictMessage } from './strict-reader.ts';

/** What comes uninvited may cross with the next request; from this long after the gateway must have seen it. */
const SEEN_AFTER_MS = 50;

export class UpstreamOracle {
  /** What was wrong, in words. */
  readonly violations: string[] = [];
  readonly requests: StrictMessage[] = [];
  #allow: RequestAllowances;
  #connections = 0;

  constructor(allow: RequestAllowances) {
    this.#allow = allow;
  }

  allow(allow: RequestAllowances): void {
    this.#allow = allow;
  }

  watch(): WatchedConnection {
    this.#connections += 1;
    const name = `connection ${this.#connections}`;
    return new WatchedConnection(
      (rule) => this.violations.push(`${name}: ${rule}`),
      (request) => {
        this.requests.push(request);
        for (const fault of faultsOfRequest(request, this.#allow)) this.violations.push(`${name}: ${request.startLine}: ${fault}`);
      },
    );
  }
}

export class WatchedConnection {
  readonly #violation: (rule: string) => void;
  readonly #requests: StrictReader;
  readonly #responses: StrictReader;
  /** Method of the request that is not answered yet; undefined between exchanges. */
  #unanswered: string | undefined;
  /** From when on a further request is a violation, and why. */
  #spent: { readonly fromMs: number; readonly why: string } | undefined;
  #answeredInThisWrite = false;

  constructor(violation: (rule: string) => void, request: (message: StrictMessage) => void) {
    this.#violation = violation;
    this.#requests = new StrictReader('request', {
      head: (message) => (this.#unanswered = requestLineOf(message).method),
      message: request,
      violation: (rule) => violation(`not well-formed: ${rule}`),
    });
    this.#responses = new StrictReader('response', { message: (message) => this.#responseSent(message), violation: (rule) => this.#spend(rule) }, () => this.#unanswered ?? 'GET');
  }

  /** Bytes from the gateway. */
  received(text: string): void {
    if (this.#requests.atRest) {
      if (this.#spent !== undefined && performance.now() >= this.#spent.fromMs) this.#violation(`used again after ${this.#spent.why}: ${JSON.stringify(text.slice(0, 60))}`);
      if (this.#unanswered !== undefined) this.#violation(`bytes before the last request was answered: ${JSON.stringify(text.slice(0, 60))}`);
    }
    this.#requests.push(text);
  }

  /** Bytes to the gateway. */
  sent(text: string): void {
    if (this.#unanswered === undefined && text !== '') this.#spend('an answer to nothing', SEEN_AFTER_MS);
    this.#answeredInThisWrite = false;
    this.#responses.push(text);
    if (this.#answeredInThisWrite && !this.#responses.atRest) this.#spend('bytes behind the answer');
  }

  #responseSent(message: StrictMessage): void {
    const status = statusOf(message);
    if (status === '101') {
      this.#requests.becomeOpaque();
      this.#responses.becomeOpaque();
      return;
    }
    const framing = valuesOf(message, 'content-length').concat(valuesOf(message, 'transfer-encoding'));
    if ((status === '204' || status.startsWith('1')) && framing.some((value) => value !== '0')) this.#spend(`a ${status} that says it has a body`);
    if (status.startsWith('1')) return;
    if (this.#unanswered === undefined) this.#spend('an answer to nothing', this.#answeredInThisWrite ? 0 : SEEN_AFTER_MS);
    this.#answeredInThisWrite = true;
    const connection = valuesOf(message, 'connection').join(',').toLowerCase();
    if (connection.includes('close') || (message.startLine.startsWith('HTTP/1.0') && !connection.includes('keep-alive'))) this.#spend('an answer that closes');
    if (message.framing === 'until-close') this.#spend('a body without length');
    this.#unanswered = undefined;
  }

  #spend(why: string, delayMs = 0): void {
    this.#spent ??= { fromMs: performance.now() + delayMs, why };
  }
}
