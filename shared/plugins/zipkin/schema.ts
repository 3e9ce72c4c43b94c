/** The static half of zipkin: what the control plane checks and `/schemas/plugins/zipkin` shows. Config as in Kong 3.9. */
import type { StringRule } from '../../model/definition.ts';
import type { RecordOf } from '../../model/entity-types.ts';
import { printableRule } from '../../model/string-rules.ts';
import type { PluginSchema } from '../contract.ts';
import { headerProblem } from '../../plugin-parts/editable-header.ts';
import { queueField } from '../../plugin-parts/queue-config.ts';
import { TRACE_FORMAT_NAMES } from '../../plugin-parts/trace-context.ts';
import { headerTypeField, propagationField, traceIdHeaderField } from '../../plugin-parts/trace-config.ts';

/** What the plugin says itself: neither an operator nor a client says it otherwise. */
export const OWN_TAGS: ReadonlySet<string> = new Set([
  'error', 'http.host', 'http.method', 'http.path', 'http.protocol', 'http.status_code', 'kong.balancer.state', 'kong.balancer.try', 'kong.config_version', 'kong.consumer', 'kong.credential', 'kong.node.id',
  'kong.request_id', 'kong.route', 'kong.route_name', 'kong.service', 'kong.service_name', 'lc', 'peer.hostname',
]);

const urlRule: StringRule = {
  name: 'url',
  check: (text) => {
    const url = /^https?:\/\/[^/?#\\]/i.test(text) ? URL.parse(text) : null;
    if (url === null) return `expected an absolute http or https URL, such as https://zipkin.example:9411/api/v2/spans, got '${text}'`;
    return url.username === '' && url.password === '' ? undefined : 'must not contain a user and password';
  },
};
const tagNameRule: StringRule = { name: 'tag-name', check: (name) => (OWN_TAGS.has(name) ? `'${name}' is a tag of the plugin's own; choose another name` : printableRule.check(name)) };
const tagsHeaderRule: StringRule = { name: 'header-name', check: (name) => headerProblem(name, 'remove') };
const MILLISECONDS = { kind: 'integer', between: [0, 2_147_483_646] } as const;

export const zipkinSchema = {
  name: 'zipkin',
  version: '1.0.0',
  priority: 100_000,
  scopes: ['global', 'service', 'route', 'consumer'],
  protocols: ['grpc', 'grpcs', 'http', 'https'],
  description: 'Sends traces to Zipkin, or what takes its format, and carries the trace on.',
  config: [
    { name: 'http_endpoint', tag: 1, type: { kind: 'string', maxLength: 4096, rules: [urlRule] }, referenceable: true, description: 'Where spans go, as JSON of version 2 by POST. Null: traces are carried on and not recorded.' },
    { name: 'sample_ratio', tag: 2, type: { kind: 'number', between: [0, 1] }, required: true, default: 0.001, description: 'Share of the traces that are recorded where the sender of the request did not decide.' },
    { name: 'local_service_name', tag: 3, type: { kind: 'string', maxLength: 256 }, required: true, default: 'kong', description: "The gateway's name among services." },
    { name: 'default_service_name', tag: 4, type: { kind: 'string', maxLength: 256 }, description: 'Name of the other side where the service has none.' },
    { name: 'include_credential', tag: 5, type: { kind: 'boolean' }, required: true, default: true, description: "Tells the credential's id (`kong.credential`), never the credential." },
    { name: 'traceid_byte_count', tag: 6, type: { kind: 'integer', oneOf: [8, 16] }, required: true, default: 16, description: 'Length of the ids of traces that begin here.' },
    headerTypeField(7),
    { name: 'default_header_type', tag: 8, type: { kind: 'string', oneOf: TRACE_FORMAT_NAMES }, required: true, default: 'b3', description: 'Format in which a trace goes upstream that begins here, with `header_type` `preserve` or `ignore`.' },
    { name: 'tags_header', tag: 9, type: { kind: 'string', maxLength: 256, rules: [tagsHeaderRule] }, required: true, default: 'Zipkin-Tags', description: 'Header of the request with tags for its span, as `name=value; name=value`: up to 32, none of the plugin\'s own.' },
    {
      name: 'static_tags', tag: 10, description: 'Tags of each span of a request.',
      type: { kind: 'array', of: { kind: 'record', fields: [
        { name: 'name', tag: 1, type: { kind: 'string', maxLength: 256, rules: [tagNameRule] }, required: true, description: 'Name.' },
        { name: 'value', tag: 2, type: { kind: 'string', maxLength: 1024 }, required: true, description: 'Value.' },
      ] } },
    },
    { name: 'http_span_name', tag: 11, type: { kind: 'string', oneOf: ['method', 'method_path'] }, required: true, default: 'method', description: 'Name of the span: the method, or method and path, which makes a name for each path.' },
    { name: 'connect_timeout', tag: 12, type: MILLISECONDS, required: true, default: 2000, description: 'Milliseconds to connect to the endpoint.' },
    { name: 'send_timeout', tag: 13, type: MILLISECONDS, required: true, default: 5000, description: 'Milliseconds to send to it.' },
    { name: 'read_timeout', tag: 14, type: MILLISECONDS, required: true, default: 5000, description: 'Milliseconds for its answer. The three together bound one request.' },
    traceIdHeaderField(15),
    { name: 'phase_duration_flavor', tag: 16, type: { kind: 'string', oneOf: ['annotations', 'tags'] }, required: true, default: 'annotations', description: 'How the parts of a request are told: by annotations at their begin and end (`kas`, `kaf`…), or by tags with their duration.' },
    queueField(17),
    propagationField(18),
  ],
} as const satisfies PluginSchema;

export type ZipkinConfig = RecordOf<(typeof zipkinSchema)['config']>;
