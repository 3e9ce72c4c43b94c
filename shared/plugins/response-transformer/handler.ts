/**
 * response-transformer on a data plane: changes headers, and the body where the config has something to do with JSON and the response is
 * such. Behaviour as in Kong 3.9; differences are in the README. What is to be transformed and can't be is not sent: it may hold what
 * the config takes out.
 */
import type { PluginFactory, PluginInstance, RequestContext, ResponseBodyContext, ResponseContext, Verdict } from '../contract.ts';
import type { PluginServices } from '../plugin-services.ts';
import { decodedBody, readableCodings } from './content-decoding.ts';
import { HeaderOperations } from './header-operations.ts';
import { JsonOperations } from './json-operations.ts';
import type { ResponseTransformerConfig } from './schema.ts';

/** Reading 4 MiB of JSON keeps a thread for some 30 ms: no more than that for one response (R5). */
const MAX_BODY_BYTES = 4_194_304;
/** They describe the bytes that were there before. */
const OF_THE_BYTES = ['Content-MD5', 'Digest', 'Content-Digest', 'Repr-Digest', 'Accept-Ranges'] as const;

const NOT_TRANSFORMED: Verdict = { kind: 'respond', status: 502, message: 'An invalid response was received from the upstream server' };

export const responseTransformerFactory: PluginFactory<ResponseTransformerConfig> = {
  name: 'response-transformer',
  create: (config, services) => {
    const [headers, json] = [new HeaderOperations(config), new JsonOperations(config)];
    if (json.isEmpty) return headers.isEmpty ? {} : { responseHead: (context) => headers.apply(context) };
    const bodies = new BodyTransformer(json, services);
    const instance: PluginInstance = {
      requestHead: askForReadable,
      responseHead: (context) => {
        headers.apply(context);
        bodies.ask(context);
      },
      responseBody: (context) => bodies.transform(context),
    };
    return instance;
  },
};

/** Whole responses, in codings that can be read: a client must not choose one that would pass untransformed. */
function askForReadable(context: RequestContext): undefined {
  const accepted = context.upstreamHeaderValues('accept-encoding');
  if (accepted.length > 0) {
    const readable = readableCodings(accepted.join(','));
    if (readable !== undefined) context.setUpstreamHeader('Accept-Encoding', readable === '' ? 'identity' : readable);
  }
  if (context.upstreamHeaderValues('range').length > 0) {
    context.removeUpstreamHeader('Range');
    context.removeUpstreamHeader('If-Range');
  }
  return undefined;
}

class BodyTransformer {
  readonly #json: JsonOperations;
  readonly #services: PluginServices;

  constructor(json: JsonOperations, services: PluginServices) {
    this.#json = json;
    this.#services = services;
  }

  ask(context: ResponseContext): void {
    if (context.request.method === 'HEAD' || context.status === 204 || context.status === 304) return;
    if (isJson(context.responseHeader('content-type'))) context.collectBody(MAX_BODY_BYTES);
  }

  transform(context: ResponseBodyContext): void {
    // Another plugin may have asked for it, or changed what it is.
    if (!isJson(context.responseHeader('content-type'))) return;
    const { body } = context;
    if (body === undefined) return this.#refuse(context, 'larger than 4 MiB');
    if (body.length === 0) return;
    const coding = codingOf(context.responseHeaderValues('content-encoding'));
    const plain = coding === '' ? body : decodedBody(body, coding, MAX_BODY_BYTES);
    if (plain === undefined) return this.#refuse(context, 'in a coding that is not known or not kept, or larger than 4 MiB without it');
    const transformed = this.#json.apply(plain);
    if (transformed === undefined) return;
    context.replaceBody(transformed);
    if (coding !== '') context.removeResponseHeader('Content-Encoding');
    describe(context);
  }

  #refuse(context: ResponseBodyContext, why: string): void {
    this.#services.log.warn('response-transformer-body-refused', { why, status: context.status });
    context.respondInstead(NOT_TRANSFORMED);
  }
}

/** A validator stays useful, but the bytes are others. */
function describe(context: ResponseBodyContext): void {
  const tag = context.responseHeader('etag');
  if (tag !== undefined && !tag.startsWith('W/')) context.setResponseHeader('ETag', `W/${tag}`);
  for (const name of OF_THE_BYTES) if (context.responseHeader(name.toLowerCase()) !== undefined) context.removeResponseHeader(name);
}

/** '' where there is none; several can't be undone here. */
function codingOf(values: readonly string[]): string {
  if (values.length === 0) return '';
  const coding = values.join(',').trim().toLowerCase();
  return coding === 'identity' ? '' : coding;
}

/** Not its like: of application/jsonl and application/json-seq each line is one, and there may be no end of them. */
function isJson(contentType: string | undefined): boolean {
  return contentType !== undefined && (contentType.split(';', 1)[0] ?? '').trim().toLowerCase() === 'application/json';
}
