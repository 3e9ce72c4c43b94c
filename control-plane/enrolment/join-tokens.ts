/**
 * Makes join tokens: the store keeps who may join with it (as a digest), the text says where to go and whom to trust
 * there. Called by the admin API, which has checked what a token may allow.
 */
import type { Clock } from '../../shared/clock.ts';
import { formatJoinToken } from '../../shared/trust/join-token.ts';
import type { JoinToken, JoinTokenStore, Labels } from '../store/join-token-store.ts';
import type { Actor, GatewayScope } from '../store/scope.ts';

export interface JoinTokenOptions {
  /** Data planes that may join with it. */
  readonly uses: number;
  readonly ttlMs: number;
  /** What every data plane that joins with it is labelled. */
  readonly labels: Labels;
}

export interface JoinTokenMaker {
  /** The text is secret and can't be had again. */
  create(scope: GatewayScope, options: JoinTokenOptions, actor: Actor): Promise<{ readonly text: string; readonly token: JoinToken }>;
}

export function createJoinTokenMaker(given: {
  readonly joinTokens: JoinTokenStore;
  /** `https://host:port` under which data planes reach the sync address, in order of preference. */
  readonly urls: readonly string[];
  /** Of the certificate authority that signs the sync server's certificate now, lower-case hex. */
  readonly caFingerprint: () => string;
  /** Of the root set that the gateway's delegation stands under, lower-case hex. */
  readonly rootFingerprint: (scope: GatewayScope) => Promise<string>;
  readonly clock: Clock;
}): JoinTokenMaker {
  return {
    async create(scope, options, actor) {
      const rootFingerprint = await given.rootFingerprint(scope);
      const expiresAt = new Date(given.clock.nowMs() + options.ttlMs);
      const { token, secret } = await given.joinTokens.create(scope, { uses: options.uses, labels: options.labels, expiresAt }, actor);
      const text = formatJoinToken({
        version: 1, urls: given.urls, tokenId: token.id, secret: Buffer.from(secret).toString('base64url'),
        caFingerprint: given.caFingerprint(), rootFingerprint,
      });
      return { text, token };
    },
  };
}
