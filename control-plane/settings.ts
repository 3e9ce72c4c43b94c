/**
 * Every setting of a control plane, defined once: flag, environment variable, YAML key, help and the settings table come
 * from here. Read by main.ts at start.
 */
import { logSettings } from '../shared/log-settings.ts';
import { defineSettings, type Settings } from '../shared/settings.ts';

export const controlPlaneSettings = defineSettings({
  adminListen: {
    env: 'HOLDFAST_ADMIN_LISTEN',
    type: 'address',
    default: '127.0.0.1:8001',
    description: 'Address of the admin API; put TLS in front of it before it leaves this machine',
  },
  adminUrl: {
    env: 'HOLDFAST_ADMIN_PUBLIC_URL',
    type: 'string',
    description: 'http:// or https://host[:port] under which browsers reach the admin API, without a path: identity providers send people back there. Without it, http:// and the address of the admin API',
  },
  insecureIssuers: {
    env: 'HOLDFAST_SIGN_IN_INSECURE_ISSUERS',
    type: 'boolean',
    default: false,
    description: 'Accept identity providers without TLS (http://) and on this machine (loopback), for trying it out: whoever is on the way can then sign in as anybody',
  },
  insecureWebhooks: {
    env: 'HOLDFAST_INSECURE_WEBHOOKS',
    type: 'boolean',
    default: false,
    description: 'Accept webhooks without TLS (http://) and on this machine (loopback), for trying it out',
  },
  syncListen: {
    env: 'HOLDFAST_SYNC_LISTEN',
    type: 'address',
    default: '0.0.0.0:8005',
    description: 'Address to which data planes connect, by mutual TLS',
  },
  syncUrls: {
    env: 'HOLDFAST_SYNC_URLS',
    type: 'list',
    default: [],
    description: 'https://host:port under which data planes reach the control planes, in order of preference; join tokens carry them. Without it, this host and the sync port',
  },
  statusListen: {
    env: 'HOLDFAST_STATUS_LISTEN',
    type: 'address',
    default: '127.0.0.1:8006',
    description: 'Address of /status, /status/live, /status/ready, /status/database and /metrics, which asks for no token; open it to your orchestrator and Prometheus only',
  },
  drainDelay: {
    env: 'HOLDFAST_DRAIN_DELAY',
    type: 'duration',
    default: '0s',
    between: [0, 600_000],
    description: 'How long a stopping control plane reports not ready but still answers, so that load balancers move away first',
  },
  connectionsPerSecond: {
    env: 'HOLDFAST_SYNC_CONNECTIONS_PER_SECOND',
    type: 'integer',
    default: 500,
    between: [1, 10_000],
    description: 'Connections of data planes that may begin in a second, at most; fewer are let in while the control plane is busy. Those who are turned away come back',
  },
  greetingsAtOnce: {
    env: 'HOLDFAST_SYNC_GREETINGS_AT_ONCE',
    type: 'integer',
    default: 256,
    between: [1, 10_000],
    description: 'Data planes that may be between their connection and their welcome at once, at most',
  },
  stateFolder: {
    env: 'HOLDFAST_STATE_FOLDER',
    type: 'path',
    default: '.holdfast/control-plane',
    description: 'Folder for keys and, without a database URL, the embedded Postgres; keep and back it up',
  },
  databaseUrl: {
    env: 'HOLDFAST_DATABASE_URL',
    type: 'string',
    secret: true,
    synonyms: ['DATABASE_URL'],
    description: 'Postgres 15 or later, as postgresql://user:password@host:port/database; the user may not be a superuser. Without it an embedded Postgres is started',
  },
  databasePoolSize: {
    env: 'HOLDFAST_DATABASE_POOL_SIZE',
    type: 'integer',
    default: 10,
    between: [2, 200],
    description: 'Database connections at most, without the two that listen to changes and to other control planes',
  },
  keyEncryptionKey: {
    env: 'HOLDFAST_KEY_ENCRYPTION_KEY',
    type: 'string',
    secret: true,
    description: '32 bytes in base64 under which all secrets in the database stand, the same for every control plane of an installation. Required with a database URL, unless HOLDFAST_KEY_ENCRYPTION_COMMAND is set; without either, made in the state folder',
  },
  otherKeyEncryptionKeys: {
    env: 'HOLDFAST_OTHER_KEY_ENCRYPTION_KEYS',
    type: 'list',
    secret: true,
    default: [],
    description: 'More key-encryption keys, with which what is in the database is opened but nothing new is sealed: while the key is replaced, the new one until all control planes have it, then the old one until "holdfast keys rewrap" is done',
  },
  keyEncryptionCommand: {
    env: 'HOLDFAST_KEY_ENCRYPTION_COMMAND',
    type: 'path',
    description: 'Program that keeps the key-encryption key elsewhere (a KMS, an HSM), instead of HOLDFAST_KEY_ENCRYPTION_KEY: run with the word "wrap" or "unwrap", it reads bytes from its standard input and writes bytes to its standard output',
  },
  keyEncryptionCommandTimeout: {
    env: 'HOLDFAST_KEY_ENCRYPTION_COMMAND_TIMEOUT',
    type: 'duration',
    default: '10s',
    between: [100, 300_000],
    description: 'How long that program may take',
  },
  rootKeyFile: {
    env: 'HOLDFAST_ROOT_KEY_FILE',
    type: 'path',
    description: 'File of the root signing key; needed to admit new gateways and keys only, so it may be kept offline between those. Without it, root-key.pem in the state folder',
  },
  rootSetFile: {
    env: 'HOLDFAST_ROOT_SET_FILE',
    type: 'path',
    description: 'Signed root set (holdfast keys root propose) for an installation whose root keys are offline from its first start on; read at that start only',
  },
  trustDomain: {
    env: 'HOLDFAST_TRUST_DOMAIN',
    type: 'string',
    default: 'holdfast',
    description: 'First part of the identities in certificates (spiffe://<trust domain>/…); set it before the first data plane joins and never change it',
  },
  authorityCertificateFile: {
    env: 'HOLDFAST_AUTHORITY_CERTIFICATE_FILE',
    type: 'path',
    description: 'Certificate (PEM) of a certificate authority of your own, with HOLDFAST_AUTHORITY_KEY_FILE; without them, made at the first start and kept in the database',
  },
  authorityKeyFile: {
    env: 'HOLDFAST_AUTHORITY_KEY_FILE',
    type: 'path',
    description: 'Private key (PEM, ECDSA P-256) of that certificate authority',
  },
  certificateLifetime: {
    env: 'HOLDFAST_CERTIFICATE_LIFETIME',
    type: 'duration',
    default: '30d',
    between: [3_600_000, 31_536_000_000],
    description: 'How long the certificate of a data plane is valid; it renews at two thirds of that',
  },
  driftAlarmAfter: {
    env: 'HOLDFAST_DRIFT_ALARM_AFTER',
    type: 'duration',
    default: '60s',
    between: [1_000, 86_400_000],
    description: 'How long a connected data plane may lack a release before there is an alarm',
  },
  transferCacheBytes: {
    env: 'HOLDFAST_TRANSFER_CACHE_BYTES',
    type: 'integer',
    default: 134_217_728,
    between: [1_048_576, 17_179_869_184],
    description: 'Memory for configurations that are packed and ready to be sent',
  },
  historyRetention: {
    env: 'HOLDFAST_HISTORY_RETENTION',
    type: 'duration',
    default: '30d',
    between: [3_600_000, 315_360_000_000],
    description: 'How long releases and change rows are kept, to compare with and to roll back to; a data plane that was not seen for longer gets the whole configuration when it is back. The audit has a retention of its own',
  },
  historyReleasesAtLeast: {
    env: 'HOLDFAST_HISTORY_RELEASES_AT_LEAST',
    type: 'integer',
    default: 100,
    between: [2, 1_000_000],
    description: 'Newest releases of a gateway that are kept whatever their age',
  },
  historyReleasesAtMost: {
    env: 'HOLDFAST_HISTORY_RELEASES_AT_MOST',
    type: 'integer',
    default: 100_000,
    between: [10, 10_000_000],
    description: 'Releases of a gateway that are kept at most, however young',
  },
  tenantDeletionGrace: {
    env: 'HOLDFAST_TENANT_DELETION_GRACE',
    type: 'duration',
    default: '7d',
    between: [0, 31_536_000_000],
    description: 'How long a tenant that was deleted can be restored before it is removed for good',
  },
  auditRetention: {
    env: 'HOLDFAST_AUDIT_RETENTION',
    type: 'duration',
    between: [86_400_000, 3_155_760_000_000],
    description: 'How long rows of the audit are kept; older ones are removed from its front, and a signed checkpoint stands for them. Without it, for ever',
  },
  auditCheckpointEvery: {
    env: 'HOLDFAST_AUDIT_CHECKPOINT_EVERY',
    type: 'duration',
    default: '1h',
    between: [1_000, 2_592_000_000],
    description: 'How often the end of each audit that has grown is signed; the checkpoint is in the database and in the log',
  },
  developmentMode: {
    env: 'HOLDFAST_DEVELOPMENT_MODE',
    type: 'boolean',
    default: false,
    description: 'Answer admin requests of this machine without a token; the admin API must then listen on loopback',
  },
  newAdminToken: {
    env: 'HOLDFAST_NEW_ADMIN_TOKEN',
    type: 'boolean',
    default: false,
    description: 'Make a new token for the first operator at this start and write it to admin-token in the state folder: the way back in when all tokens are lost',
  },
  maxBodyBytes: {
    env: 'HOLDFAST_MAX_ADMIN_BODY_BYTES',
    type: 'integer',
    default: 10_485_760,
    between: [1024, 1_073_741_824],
    description: 'Largest body that the admin API takes',
  },
  adminAllowedOrigins: {
    env: 'HOLDFAST_ADMIN_ALLOWED_ORIGINS',
    type: 'list',
    default: [],
    description: 'Origins of web pages (https://console.example) that may use the admin API from a browser, with a token of their own; without it none may. Development mode answers no other origin in any case',
  },
  ...logSettings,
});

export type ControlPlaneSettings = Settings<typeof controlPlaneSettings>;
