/**
 * Makes join tokens: the store keeps who may join with it (as a digest), the text says where to go and whom to trust
 * there. Called by the admin API and by `holdfast join-token create`.
 */
import type { Clock } from '../../shared/clock.ts';
import { HoldfastError } from '../../shared/errors.ts';
import { formatJoinToken, isControlPlaneUrl } from '../../shared/trust/join-token.ts';
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
  /** The text is secret and can't be had again. Throws ENROL_JOIN_TOKEN_INVALID naming the field. */
  create(scope: GatewayScope, options: JoinTokenOptions, actor: Actor): Promise<{ readonly text: string; readonly token: JoinToken }>;
}

/** `holdfast join-token create` without flags. */
export const JOIN_TOKEN_DEFAULTS: JoinTokenOptions = { uses: 1, ttlMs: 3_600_000, labels: {} };
const MAXIMUM_USES = 10_000;
const MAXIMUM_TTL_MS = 366 * 86_400_000;
const MAXIMUM_LABELS = 32;
const LABEL_NAME = /^[a-z0-9]([a-z0-9._/-]{0,61}[a-z0-9])?$/;
const LABEL_VALUE = /^[A-Za-z0-9._-]{0,63}$/;

export function createJoinTokenMaker(given: {
  readonly joinTokens: JoinTokenStore;
  /** `https://host:port` under which data planes reach the sync address, in order of preference. */
  readonly urls: readonly string[];
  /** Of the certificate authority, lower-case hex. */
  readonly caFingerprint: string;
  /** Of the root set, lower-case hex. */
  readonly rootFingerprint: string;
  readonly clock: Clock;
}): JoinTokenMaker {
  const bad = given.urls.find((url) => !isControlPlaneUrl(url));
  if (bad !== undefined || given.urls.length === 0) throw invalid('url', `must be https://host:port without a path${bad === undefined ? '' : `, got "${bad}"`}`);
  return {
    async create(scope, options, actor) {
      checkOptions(options);
      const expiresAt = new Date(given.clock.nowMs() + options.ttlMs);
      const { token, secret } = await given.joinTokens.create(scope, { uses: options.uses, labels: options.labels, expiresAt }, actor);
      const text = formatJoinToken({
        version: 1, urls: given.urls, tokenId: token.id, secret: Buffer.from(secret).toString('base64url'),
        caFingerprint: given.caFingerprint, rootFingerprint: given.rootFingerprint,
      });
      return { text, token };
    },
  };
}

function checkOptions({ uses, ttlMs, labels }: JoinTokenOptions): void {
  if (!Number.isSafeInteger(uses) || uses < 1 || uses > MAXIMUM_USES) throw invalid('uses', `must be a whole number from 1 to ${MAXIMUM_USES}`);
  if (!Number.isSafeInteger(ttlMs) || ttlMs < 1000 || ttlMs > MAXIMUM_TTL_MS) throw invalid('ttl', 'must be from 1 second to 366 days');
  if (Object.keys(labels).length > MAXIMUM_LABELS) throw invalid('labels', `must be at most ${MAXIMUM_LABELS}`);
  for (const [name, value] of Object.entries(labels)) {
    if (!LABEL_NAME.test(name)) throw invalid(`labels.${name}`, 'must be named by 1 to 63 of a-z 0-9 . _ / -, beginning and ending with a letter or digit');
    if (!LABEL_VALUE.test(value)) throw invalid(`labels.${name}`, 'must be at most 63 of A-Z a-z 0-9 . _ -');
  }
}

function invalid(field: string, rule: string): HoldfastError {
  return new HoldfastError({ code: 'ENROL_JOIN_TOKEN_INVALID', source: 'control-plane', publicMessage: `the join token can't be made: ${field} ${rule}` });
}
