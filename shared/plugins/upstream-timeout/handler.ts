/** upstream-timeout on a data plane: the config is what the request is told. Behaviour as in Kong 3.9; differences are in the README. */
import type { PluginFactory, RequestContext } from '../contract.ts';
import type { UpstreamTimeoutConfig } from './schema.ts';

export const upstreamTimeoutFactory: PluginFactory<UpstreamTimeoutConfig> = {
  name: 'upstream-timeout',
  create: ({ connect_timeout: connect, send_timeout: send, read_timeout: read }) => {
    const timeouts: Parameters<RequestContext['setTimeouts']>[0] = {
      ...(connect === null ? {} : { connectMs: connect }),
      ...(send === null ? {} : { writeMs: send }),
      ...(read === null ? {} : { readMs: read }),
    };
    return {
      requestHead: (context) => {
        context.setTimeouts(timeouts);
        return undefined;
      },
    };
  },
};
