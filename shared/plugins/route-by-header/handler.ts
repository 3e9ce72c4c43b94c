/**
 * route-by-header on a data plane: the first rule whose headers are all there says where a request goes. It sees what goes upstream, so what
 * other plugins made of the client's headers (who the consumer is) can't be forged. Behaviour as in Kong 3.9; differences are in the README.
 */
import { bytesOf } from '../../plugin-parts/byte-text.ts';
import type { PluginFactory, RequestContext, RequestTarget } from '../contract.ts';
import type { RouteByHeaderConfig } from './schema.ts';

interface Rule {
  readonly conditions: readonly (readonly [lowerCaseName: string, value: string])[];
  readonly target: RequestTarget;
}

export const routeByHeaderFactory: PluginFactory<RouteByHeaderConfig> = {
  name: 'route-by-header',
  create: (config) => {
    const rules: readonly Rule[] = config.rules.map(({ condition, upstream_name: host }) => ({
      conditions: Object.entries(condition).map(([name, value]) => [name.toLowerCase(), bytesOf(value)] as const),
      target: { host, isUpstream: true },
    }));
    return {
      requestHead: (context) => {
        const rule = context.service === undefined ? undefined : matchingRule(rules, context);
        if (rule !== undefined) context.useTarget(rule.target);
        return undefined;
      },
    };
  },
};

function matchingRule(rules: readonly Rule[], context: RequestContext): Rule | undefined {
  for (const rule of rules) if (holds(rule, context)) return rule;
  return undefined;
}

/** Of a header that was sent several times all must have the value: what an upstream takes the last of is not decided by the first. */
function holds({ conditions }: Rule, context: RequestContext): boolean {
  for (const [name, expected] of conditions) {
    const values = name === 'host' ? [context.request.header(name)] : context.upstreamHeaderValues(name);
    if (values.length === 0) return false;
    for (const value of values) if (value !== expected) return false;
  }
  return true;
}
