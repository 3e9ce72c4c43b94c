/**
 * request-transformer on a data plane: changes path, method, headers, body and query of what goes upstream, in this order. Behaviour as
 * in Kong 3.9; differences are in the README. A body is only collected where the config has something to do with it.
 */
import type { PluginFactory, PluginInstance, RequestContext, Verdict } from '../contract.ts';
import { QueryArguments } from '../../plugin-parts/query-arguments.ts';
import { sendablePath } from '../../plugin-parts/sendable-path.ts';
import { bodyFieldsOf, bodyKindOf, latin1Of } from './body-fields.ts';
import { MultipartForm } from './multipart-form.ts';
import { Operations, type PartOperations, Templates, valueIn } from './operations.ts';
import type { RequestTransformerConfig } from './schema.ts';
import { UpstreamHeaders } from './upstream-headers.ts';

/** Reading 4 MiB of JSON keeps a thread for some 30 ms: no more than that for one request (R5). */
const MAX_BODY_BYTES = 4_194_304;
/** More could not go upstream in a request target. */
const MAX_QUERY_BYTES = 65_536;
const WITHOUT_BODY: ReadonlySet<string> = new Set(['GET', 'HEAD']);

const BAD_REQUEST: Verdict = { kind: 'respond', status: 400, message: 'Bad request' };
const TOO_LARGE: Verdict = { kind: 'respond', status: 413, message: 'Request size limit exceeded' };

export const requestTransformerFactory: PluginFactory<RequestTransformerConfig> = {
  name: 'request-transformer',
  create: (config) => {
    const transformer = new RequestTransformer(config);
    const instance: PluginInstance = { requestHead: (context) => transformer.transform(context) };
    return transformer.needsBody ? { ...instance, requestBody: { maxBytes: MAX_BODY_BYTES } } : instance;
  },
};

class RequestTransformer {
  readonly #templates = new Templates();
  readonly #method: string | null;
  readonly #path: ReturnType<Templates['add']> | undefined;
  readonly #headers: Operations;
  readonly #body: Operations;
  readonly #query: Operations;
  /** The fields of a form become arguments. */
  readonly #movesForm: boolean;

  constructor(config: RequestTransformerConfig) {
    this.#method = config.http_method;
    this.#movesForm = config.http_method !== null && WITHOUT_BODY.has(config.http_method);
    this.#path = config.replace.uri === null ? undefined : this.#templates.add(config.replace.uri, 'path');
    this.#headers = new Operations(partOf(config, 'headers'), 'header', this.#templates);
    this.#body = new Operations(partOf(config, 'body'), 'text', this.#templates);
    this.#query = new Operations(partOf(config, 'querystring'), 'text', this.#templates);
  }

  get needsBody(): boolean {
    return this.#movesForm || !this.#body.isEmpty;
  }

  transform(context: RequestContext): Verdict | undefined {
    const rendered = this.#templates.render(context);
    if (rendered === undefined) return BAD_REQUEST;
    if (this.#path !== undefined && !setPath(context, valueIn(rendered, this.#path))) return BAD_REQUEST;
    if (this.#method !== null) context.setUpstreamMethod(this.#method);
    const form = this.#movesForm ? moveForm(context) : undefined;
    if (form !== undefined) return form;
    if (!this.#headers.isEmpty) {
      const headers = new UpstreamHeaders(context);
      this.#headers.apply(headers, rendered);
      if (headers.hasBadHost) return BAD_REQUEST;
    }
    const refusal = this.#body.isEmpty ? undefined : this.#transformBody(context, rendered);
    if (refusal !== undefined || this.#query.isEmpty) return refusal;
    const query = new QueryArguments(context.upstreamQuery);
    this.#query.apply(query, rendered);
    if (query.isChanged) context.setUpstreamQuery(query.toString());
    return undefined;
  }

  #transformBody(context: RequestContext, rendered: readonly string[]): Verdict | undefined {
    const contentType = contentTypeOf(context);
    const kind = bodyKindOf(contentType);
    if (kind === undefined) return undefined;
    // What can't be transformed must not pass as if it had been.
    if (context.body === undefined) return TOO_LARGE;
    const fields = bodyFieldsOf(kind, contentType, context.body);
    if (fields === undefined) return undefined;
    this.#body.apply(fields, rendered);
    if (fields instanceof MultipartForm && fields.isBroken) return BAD_REQUEST;
    if (fields.isChanged) context.replaceBody(fields.toBytes());
    return undefined;
  }
}

function partOf(config: RequestTransformerConfig, part: 'headers' | 'body' | 'querystring'): PartOperations {
  return { remove: config.remove[part], rename: config.rename[part], replace: config.replace[part], add: config.add[part], append: config.append[part] };
}

/** All of them where several were sent: one that is not looked at could be the one that the upstream takes. */
function contentTypeOf(context: RequestContext): string {
  const values = context.upstreamHeaderValues('content-type');
  return values.length > 1 ? values.join(', ') : (values[0] ?? '');
}

/** False where the request has made a path of it that leads elsewhere. */
function setPath(context: RequestContext, rendered: string): boolean {
  const path = sendablePath(rendered.startsWith('/') ? rendered : `/${rendered}`);
  if (path === undefined) return false;
  context.setUpstreamPath(path);
  return true;
}

function moveForm(context: RequestContext): Verdict | undefined {
  if (bodyKindOf(contentTypeOf(context)) !== 'form') return undefined;
  if (context.body === undefined || context.body.length > MAX_QUERY_BYTES) return TOO_LARGE;
  if (context.body.length === 0) return undefined;
  const query = new QueryArguments(context.upstreamQuery);
  query.appendAll(latin1Of(context.body));
  if (query.isChanged) context.setUpstreamQuery(query.toString());
  return undefined;
}
