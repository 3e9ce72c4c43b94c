/**
 * correlation-id on a data plane: keeps the id that a client sent, if it looks like one, or makes one. Ids tell requests apart and
 * prove nothing: a client may send any. Behaviour as in Kong 3.9; differences are in the README.
 */
import { randomUUID } from 'node:crypto';
import { threadId } from 'node:worker_threads';
import type { PluginFactory, RequestContext } from '../contract.ts';
import type { PluginServices } from '../plugin-services.ts';
import type { CorrelationIdConfig } from './schema.ts';

const MAX_LENGTH = 256;

export const correlationIdFactory: PluginFactory<CorrelationIdConfig> = {
  name: 'correlation-id',
  create: (config, services) => {
    const makeId = generatorOf(config.generator, services);
    const { header_name: name, echo_downstream: echoes } = config;
    const lowerCaseName = name.toLowerCase();
    return {
      requestHead: (context) => {
        const values = context.request.headerValues(lowerCaseName);
        const sent = values.length === 1 ? values[0] : undefined;
        const kept = sent !== undefined && looksLikeId(sent) ? sent : undefined;
        const id = kept ?? makeId(context);
        if (kept === undefined) context.setUpstreamHeader(name, id);
        if (echoes) context.setResponseHeader(name, id);
        return undefined;
      },
    };
  },
};

function generatorOf(generator: CorrelationIdConfig['generator'], services: PluginServices): (context: RequestContext) => string {
  let counter = 0;
  switch (generator) {
    case 'uuid':
      return () => randomUUID();
    case 'uuid#counter': {
      const prefix = `${randomUUID()}#`;
      return () => prefix + String((counter += 1));
    }
    case 'tracker': {
      // All proxy threads have one process id, and behind a proxy all clients have port 0.
      const place = `${process.pid}.${threadId}`;
      return ({ request }) => {
        counter += 1;
        return `${request.localAddress}-${request.localPort}-${place}-${request.clientPort}-${counter}-${(services.clock.nowMs() / 1_000).toFixed(3)}`;
      };
    }
  }
}

/** Printable ASCII: it ends up in the logs of everybody behind us. */
function looksLikeId(text: string): boolean {
  if (text.length === 0 || text.length > MAX_LENGTH) return false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code < 0x20 || code > 0x7e) return false;
  }
  return true;
}
