/**
 * bot-detection on a data plane: reads User-Agent, which says what the client wants it to say. It keeps away those that are honest
 * about being bots, and guards against nobody else. Behaviour and texts as in Kong 3.9; differences are in the README.
 */
import { RE2JS } from 're2js';
import type { PluginFactory, RequestContext, Verdict } from '../contract.ts';
import { KNOWN_BOTS } from './known-bots.ts';
import type { BotDetectionConfig } from './schema.ts';

const FORBIDDEN: Verdict = { kind: 'respond', status: 403, message: 'Forbidden' };
const SEVERAL: Verdict = { kind: 'respond', status: 400, message: 'Only one User-Agent header allowed' };
/** Texts whose outcome is kept, and how long they may be; then all are forgotten. */
const [MAX_REMEMBERED, MAX_LENGTH] = [1_000, 512];
/** Characters that are looked at: no client has more to say about itself, and each costs every pattern some time. */
const MAX_EXAMINED = 2_048;

export const botDetectionFactory: PluginFactory<BotDetectionConfig> = {
  name: 'bot-detection',
  create: (config) => {
    const detector = new BotDetector(config);
    return { requestHead: (context) => detector.judge(context) };
  },
};

class BotDetector {
  readonly #allow: readonly RE2JS[];
  readonly #deny: readonly RE2JS[];
  readonly #remembered = new Map<string, boolean>();

  constructor(config: BotDetectionConfig) {
    this.#allow = config.allow.map((pattern) => RE2JS.compile(pattern));
    this.#deny = config.deny.map((pattern) => RE2JS.compile(pattern));
  }

  judge(context: RequestContext): Verdict | undefined {
    const values = context.request.headerValues('user-agent');
    const [agent] = values;
    if (agent === undefined) return undefined;
    if (values.length > 1) return SEVERAL;
    const known = this.#remembered.get(agent);
    return (known ?? this.#examine(agent)) ? FORBIDDEN : undefined;
  }

  #examine(whole: string): boolean {
    const agent = whole.length > MAX_EXAMINED ? whole.slice(0, MAX_EXAMINED) : whole;
    const isRefused = !isIn(agent, this.#allow) && (isIn(agent, this.#deny) || KNOWN_BOTS.test(agent));
    if (agent.length > MAX_LENGTH) return isRefused;
    if (this.#remembered.size >= MAX_REMEMBERED) this.#remembered.clear();
    this.#remembered.set(agent, isRefused);
    return isRefused;
  }
}

function isIn(agent: string, patterns: readonly RE2JS[]): boolean {
  for (const pattern of patterns) if (pattern.test(agent)) return true;
  return false;
}
