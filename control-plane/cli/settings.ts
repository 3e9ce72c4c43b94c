/** Settings of the commands that talk to a running control plane. Read by main.ts of this folder. */
import { defineSettings, type Settings } from '../../shared/settings.ts';

export const adminAccessSettings = defineSettings({
  adminUrl: {
    env: 'HOLDFAST_ADMIN_URL',
    type: 'string',
    default: 'http://127.0.0.1:8001',
    description: 'Where the admin API is',
  },
  adminToken: {
    env: 'HOLDFAST_ADMIN_TOKEN',
    type: 'string',
    secret: true,
    description: 'Admin token; not needed for a control plane in development mode on this machine',
  },
});

export const joinTokenSettings = defineSettings({
  ...adminAccessSettings,
  gateway: {
    env: 'HOLDFAST_JOIN_TOKEN_GATEWAY',
    flag: '--gateway',
    type: 'string',
    default: 'default',
    description: 'Gateway that the data planes join',
  },
  uses: {
    env: 'HOLDFAST_JOIN_TOKEN_USES',
    flag: '--uses',
    type: 'integer',
    default: 1,
    between: [1, 10_000],
    description: 'How many data planes may join with the token',
  },
  ttl: {
    env: 'HOLDFAST_JOIN_TOKEN_TTL',
    flag: '--ttl',
    type: 'duration',
    default: '1h',
    between: [60_000, 31_536_000_000],
    description: 'How long the token can be used',
  },
  labels: {
    env: 'HOLDFAST_JOIN_TOKEN_LABELS',
    flag: '--labels',
    type: 'list',
    default: [],
    description: 'Labels of the data planes that join, as key=value; several with commas, or the flag several times',
  },
});

export const explainSettings = defineSettings({
  ...adminAccessSettings,
  statusUrl: {
    env: 'HOLDFAST_EXPLAIN_STATUS_URL',
    flag: '--status-url',
    type: 'string',
    description: 'Status port of a data plane, to ask it directly, without a control plane: http://127.0.0.1:8007',
  },
  gateway: {
    env: 'HOLDFAST_EXPLAIN_GATEWAY',
    flag: '--gateway',
    type: 'string',
    default: 'default',
    description: 'Gateway whose configuration is asked about',
  },
  dataPlane: {
    env: 'HOLDFAST_EXPLAIN_DATA_PLANE',
    flag: '--data-plane',
    type: 'string',
    description: 'Id of the data plane to ask; without it, any connected one of the gateway',
  },
  method: { env: 'HOLDFAST_EXPLAIN_METHOD', flag: '--method', type: 'string', default: 'GET', description: 'Method of the request' },
  url: { env: 'HOLDFAST_EXPLAIN_URL', flag: '--url', type: 'string', description: 'Whole URL of the request, as a client would write it' },
  headers: {
    env: 'HOLDFAST_EXPLAIN_HEADERS',
    flag: '--headers',
    type: 'list',
    default: [],
    description: 'Header fields of the request as name=value; several with commas, or the flag several times',
  },
  clientIp: { env: 'HOLDFAST_EXPLAIN_CLIENT_IP', flag: '--client-ip', type: 'string', default: '127.0.0.1', description: "Address that the connection comes from: the client's, or that of a trusted proxy before the gateway" },
  serverName: { env: 'HOLDFAST_EXPLAIN_SERVER_NAME', flag: '--server-name', type: 'string', description: "Name in the TLS handshake (SNI), where it is not the URL's host" },
  httpVersion: { env: 'HOLDFAST_EXPLAIN_HTTP_VERSION', flag: '--http-version', type: 'enum', values: ['1.0', '1.1', '2'], default: '1.1', description: 'Version of HTTP that the client speaks' },
  consumer: { env: 'HOLDFAST_EXPLAIN_CONSUMER', flag: '--consumer', type: 'string', description: 'Username or id of the consumer that an authentication plugin would find' },
  route: { env: 'HOLDFAST_EXPLAIN_ROUTE', flag: '--route', type: 'string', description: 'Name or id of a route about which to tell in any case why it was not taken' },
  output: { env: 'HOLDFAST_EXPLAIN_OUTPUT', flag: '--output', type: 'enum', values: ['text', 'json'], default: 'text', description: 'How the answer is written' },
});

const selectorSetting = { type: 'string', description: 'Only data planes with these labels, as Kubernetes selects: region=eu-west,cloud in (aws,gcp),!canary' } as const;

export const publishSettings = defineSettings({
  ...adminAccessSettings,
  gateway: { env: 'HOLDFAST_PUBLISH_GATEWAY', flag: '--gateway', type: 'string', default: 'default', description: 'Gateway whose data planes are meant' },
  version: { env: 'HOLDFAST_PUBLISH_VERSION', flag: '--version', type: 'string', description: 'Version to ask about (1.42); without it, that of the last change. Data planes with a newer one count' },
  selector: { env: 'HOLDFAST_PUBLISH_SELECTOR', flag: '--selector', ...selectorSetting },
  include: {
    env: 'HOLDFAST_PUBLISH_INCLUDE',
    flag: '--include',
    type: 'enum',
    values: ['all', 'connected'],
    default: 'all',
    description: 'Of whom the quorum is asked: all data planes that are selected and not revoked, or those that are connected. Who is not connected never counts as converged',
  },
  wait: { env: 'HOLDFAST_PUBLISH_WAIT', flag: '--wait', type: 'boolean', default: false, description: 'Wait until the quorum has applied it; without it, tell how things stand' },
  quorum: { env: 'HOLDFAST_PUBLISH_QUORUM', flag: '--quorum', type: 'string', default: '100%', description: 'How many data planes must have applied it: a share (99%) or a number (3)' },
  timeout: { env: 'HOLDFAST_PUBLISH_TIMEOUT', flag: '--timeout', type: 'duration', default: '30s', between: [100, 86_400_000], description: 'How long to wait' },
  json: { env: 'HOLDFAST_PUBLISH_JSON', flag: '--json', type: 'boolean', default: false, description: 'Write the result as JSON' },
});

export const dataPlanesSettings = defineSettings({
  ...adminAccessSettings,
  gateway: { env: 'HOLDFAST_DATA_PLANES_GATEWAY', flag: '--gateway', type: 'string', default: 'default', description: 'Gateway whose data planes are listed' },
  selector: { env: 'HOLDFAST_DATA_PLANES_SELECTOR', flag: '--selector', ...selectorSetting },
  json: { env: 'HOLDFAST_DATA_PLANES_JSON', flag: '--json', type: 'boolean', default: false, description: 'Write them as JSON, with all that is known of each' },
});

export type DataPlanesSettings = Settings<typeof dataPlanesSettings>;
export type PublishSettings = Settings<typeof publishSettings>;
export type ExplainSettings = Settings<typeof explainSettings>;
export type JoinTokenSettings = Settings<typeof joinTokenSettings>;
