/**
 * `holdfast join-token create`: asks the control plane for a join token. The token alone goes to standard output, so that
 * scripts can catch it; what it allows goes to standard error.
 */
import { HoldfastError } from '../../shared/errors.ts';
import { post } from './admin-client.ts';
import type { Output } from './command.ts';
import type { JoinTokenSettings } from './settings.ts';

export async function createJoinToken(settings: JoinTokenSettings, output: Output): Promise<void> {
  const { gateway, uses, ttl, labels } = settings;
  const answer = await post(settings, '/v1/join-tokens', { gateway, uses, ttl_seconds: Math.floor(ttl / 1000), labels: parseLabels(labels) });
  const times = uses === 1 ? 'once' : `${uses} times`;
  output.err(`Join token for the gateway "${gateway}", to be used ${times} before ${String(answer['expires_at'])}. Start a data plane with it:`);
  output.err('  HOLDFAST_JOIN_TOKEN=<token> holdfast data-plane');
  output.out(String(answer['token']));
}

/** `region=eu-west` each; throws CLI_LABEL_INVALID. */
export function parseLabels(words: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    words.map((word) => {
      const [, key, value] = /^([^=]+)=(.+)$/.exec(word) ?? [];
      if (key !== undefined && value !== undefined) return [key, value];
      throw new HoldfastError({ code: 'CLI_LABEL_INVALID', source: 'gateway', publicMessage: `--labels takes key=value, not "${word}": --labels region=eu-west,cloud=aws` });
    }),
  );
}
