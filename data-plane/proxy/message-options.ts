/** What an operator chooses about messages beyond the limits. Passed to createProxy; what is left out takes the default. */
import type { CompressionOptions } from './compression-choice.ts';

export interface MessageOptions {
  /** Protocols that a request may be upgraded to, lower case. */
  readonly upgradeProtocols: readonly string[];
  /** The status that the upstream answered, as X-Kong-Upstream-Status on every response that came from one. */
  readonly upstreamStatusHeader: boolean;
  /** The version of the configuration that the request ran on, as X-Holdfast-Config-Version on every response to one. */
  readonly configVersionHeader: boolean;
  /** Undefined: responses go through as they are. */
  readonly compression: CompressionOptions | undefined;
}

export const DEFAULT_MESSAGE_OPTIONS: MessageOptions = {
  upgradeProtocols: ['websocket'],
  upstreamStatusHeader: false,
  configVersionHeader: false,
  compression: undefined,
};
