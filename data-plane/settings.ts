/**
 * Every setting of a data plane, defined once: flag, environment variable, YAML key, help and the settings table come
 * from here. Read by main.ts at start. Labels are not among them: they come from the join token or an admin, never from
 * the data plane itself.
 */
import { logSettings } from '../shared/log-settings.ts';
import { defineSettings, type Settings } from '../shared/settings.ts';
import { messageSettings } from './message-settings.ts';

export const dataPlaneSettings = defineSettings({
  proxyListen: {
    env: 'HOLDFAST_PROXY_LISTEN',
    type: 'listen',
    options: ['proxy_protocol'],
    default: '0.0.0.0:8000',
    description: 'Addresses for plain HTTP, shared by all proxy threads; behind an address `proxy_protocol` where every connection begins with that header',
  },
  proxyTlsListen: {
    env: 'HOLDFAST_PROXY_TLS_LISTEN',
    type: 'listen',
    options: ['proxy_protocol'],
    default: '0.0.0.0:8443',
    description: 'Addresses for HTTPS (HTTP/1.1 and HTTP/2)',
  },
  streamListen: {
    env: 'HOLDFAST_STREAM_LISTEN',
    type: 'listen',
    options: ['tls', 'proxy_protocol'],
    default: 'off',
    description: 'Addresses for stream routes: `0.0.0.0:9000` for tcp, `0.0.0.0:9443 tls` for tls and tls_passthrough',
  },
  tlsMinVersion: {
    env: 'HOLDFAST_TLS_MIN_VERSION',
    type: 'enum',
    values: ['1.2', '1.3'],
    default: '1.2',
    description: 'Oldest TLS version that clients may use',
  },
  tlsCiphers: {
    env: 'HOLDFAST_TLS_CIPHERS',
    type: 'string',
    description: "Cipher suites for clients, as OpenSSL writes them, separated by colons; without it, those with forward secrecy and authenticated encryption",
  },
  tlsUnknownName: {
    env: 'HOLDFAST_TLS_UNKNOWN_NAME',
    type: 'enum',
    values: ['default-certificate', 'refuse'],
    default: 'default-certificate',
    description: 'What a client gets that asks for a name without a certificate: a self-signed one that is made at each start, or no handshake',
  },
  tlsClientCertificates: {
    env: 'HOLDFAST_TLS_CLIENT_CERTIFICATES',
    type: 'enum',
    values: ['off', 'request'],
    default: 'off',
    description: "Whether clients are asked for a certificate; it is verified against the configured ca_certificates, and one that is missing or unknown is a plugin's business; with it sessions are not resumed",
  },
  tlsTicketRotation: {
    env: 'HOLDFAST_TLS_TICKET_ROTATION',
    type: 'duration',
    default: '12h',
    between: [60_000, 604_800_000],
    description: 'How often the key of session tickets is replaced; clients with older tickets make a full handshake',
  },
  statusListen: {
    env: 'HOLDFAST_STATUS_LISTEN',
    type: 'address',
    default: '127.0.0.1:8007',
    description: 'Address of /status, /status/ready and /metrics; open it to your orchestrator and Prometheus only',
  },
  stateFolder: {
    env: 'HOLDFAST_STATE_FOLDER',
    type: 'path',
    default: '.holdfast/data-plane',
    description: 'Folder for identity, cached configuration and telemetry spool; keep it across restarts, one per data plane',
  },
  joinToken: {
    env: 'HOLDFAST_JOIN_TOKEN',
    type: 'string',
    secret: true,
    description: 'Join token from `holdfast join-token create`; needed for the first start only',
  },
  controlPlaneUrls: {
    env: 'HOLDFAST_CONTROL_PLANE_URLS',
    type: 'list',
    description: 'Control planes as https://host:port, in order of preference; without it, those named in the join token',
  },
  controlPlaneProxy: {
    env: 'HOLDFAST_CONTROL_PLANE_PROXY',
    type: 'string',
    secret: true,
    description: 'HTTP proxy through which control planes are reached by CONNECT, as http://[user:password@]host:port',
  },
  proxyThreads: {
    env: 'HOLDFAST_PROXY_THREADS',
    type: 'integer',
    between: [1, 64],
    description: 'Threads that proxy traffic; without it, one per CPU that the process may use',
  },
  socketIo: {
    env: 'HOLDFAST_SOCKET_IO',
    type: 'enum',
    values: ['auto', 'documented', 'handle'],
    default: 'auto',
    description: "How plain TCP is read and written: by Node's socket handles where they pass a check at start (auto, about a fifth less CPU), by the documented API, or by handles or not at all",
  },
  dnsResolvers: {
    env: 'HOLDFAST_DNS_RESOLVERS',
    type: 'list',
    default: [],
    description: 'DNS servers that are asked for the addresses of upstreams, as address or address:port, in this order; without it, those of /etc/resolv.conf',
  },
  trustedIps: {
    env: 'HOLDFAST_TRUSTED_IPS',
    type: 'list',
    default: [],
    description: 'Addresses and CIDR blocks of load balancers whose X-Forwarded-* headers and PROXY protocol headers are believed',
  },
  drainDelay: {
    env: 'HOLDFAST_DRAIN_DELAY',
    type: 'duration',
    default: '5s',
    between: [0, 600_000],
    description: 'How long a stopping data plane reports not ready but still accepts connections, so that load balancers move away first',
  },
  drainTimeout: {
    env: 'HOLDFAST_DRAIN_TIMEOUT',
    type: 'duration',
    default: '30s',
    between: [0, 3_600_000],
    description: 'How long requests in flight may take to end after that; what is left is cut',
  },
  staleAfter: {
    env: 'HOLDFAST_STALE_AFTER',
    type: 'duration',
    default: '1h',
    between: [60_000, 315_360_000_000],
    description: 'Age of the last signed word from a control plane at which the configuration counts as stale',
  },
  staleAction: {
    env: 'HOLDFAST_STALE_ACTION',
    type: 'enum',
    values: ['serve', 'not-ready'],
    default: 'serve',
    description: 'What a stale data plane does: serve and say so, or also fail /status/ready so that traffic goes elsewhere',
  },
  knownGoodAfter: {
    env: 'HOLDFAST_KNOWN_GOOD_AFTER',
    type: 'duration',
    default: '60s',
    between: [1_000, 86_400_000],
    description: 'How long a configuration must have served before it is kept as known good',
  },
  crashLoopWindow: {
    env: 'HOLDFAST_CRASH_LOOP_WINDOW',
    type: 'duration',
    default: '10s',
    between: [1_000, 3_600_000],
    description: 'A process that dies within this time of a new configuration counts against it; three of them bar it, unless it is known good',
  },
  cacheSlots: {
    env: 'HOLDFAST_CACHE_SLOTS',
    type: 'integer',
    default: 3,
    between: [3, 16],
    description: 'Configurations kept on disk to start from, besides the known good one',
  },
  maxConfigBytes: {
    env: 'HOLDFAST_MAX_CONFIG_BYTES',
    type: 'integer',
    default: 536_870_912,
    between: [1_048_576, 4_294_967_296],
    description: 'Largest configuration accepted, in bytes after decompression; a larger one is refused before it is received',
  },
  counterSlots: {
    env: 'HOLDFAST_COUNTER_SLOTS',
    type: 'integer',
    default: 131_072,
    between: [1_024, 16_777_216],
    description: 'Room for the counters of rate limits, one for each client and window, 40 bytes each; half may be live at once',
  },
  maxHeadBytes: {
    env: 'HOLDFAST_MAX_HEAD_BYTES',
    type: 'integer',
    default: 32_768,
    between: [1_024, 262_144],
    description: 'Largest request line and headers together, in bytes; more is answered with 431',
  },
  maxBodyBytes: {
    env: 'HOLDFAST_MAX_BODY_BYTES',
    type: 'integer',
    between: [0, 1_099_511_627_776],
    description: 'Largest request body, in bytes; more is answered with 413; without it bodies are not bounded, they stream through',
  },
  maxConnections: {
    env: 'HOLDFAST_MAX_CONNECTIONS',
    type: 'integer',
    default: 16_384,
    between: [1, 1_048_576],
    description: 'Client connections of one proxy thread; the next one is answered with 503',
  },
  idleTimeout: {
    env: 'HOLDFAST_IDLE_TIMEOUT',
    type: 'duration',
    default: '75s',
    between: [1_000, 86_400_000],
    description: 'How long a client connection may stay open without a request',
  },
  telemetryFoldInterval: {
    env: 'HOLDFAST_TELEMETRY_FOLD_INTERVAL',
    type: 'duration',
    default: '1s',
    between: [100, 60_000],
    description: 'How often counts are folded into a batch; a killed process loses at most this much',
  },
  telemetrySpoolBytes: {
    env: 'HOLDFAST_TELEMETRY_SPOOL_BYTES',
    type: 'integer',
    default: 268_435_456,
    between: [1_048_576, 1_099_511_627_776],
    description: 'Disk space for counts that no control plane has acknowledged; above it, older intervals are merged, never dropped',
  },
  ...messageSettings,
  ...logSettings,
});

export type DataPlaneSettings = Settings<typeof dataPlaneSettings>;
