/**
 * `/v1/keys`: the installation's keys, for installation administrators. Never shows a private key (T2): what is signed by root
 * keys comes in as statements that were signed where the keys are.
 */
import type { JsonObject, JsonValue } from '../../../shared/model/definition.ts';
import type { TenantId } from '../../../shared/model/ids.ts';
import type { GatewayKeys, KeyDesk, KeyInUse } from '../../keys/key-desk.ts';
import { readStatementFile, showStatementFile, type StatementFile } from '../../keys/statement-file.ts';
import type { Gateway } from '../../store/gateway-store.ts';
import type { Store } from '../../store/store.ts';
import { notFound, ok } from '../answer.ts';
import { DEFAULT_GATEWAY, tenantRoute, type AdminRequest, type Route } from '../route.ts';
import { ownOperation } from './own-operation.ts';
import { nameType, showTime, showVersion } from './own-values.ts';

const operation = ownOperation<AdminRequest>();

const purposeField = { name: 'purpose', tag: 1, type: { kind: 'string', oneOf: ['publish', 'content', 'certificate-authority'] }, required: true, description: 'Which kind of key.' } as const;
const gatewayField = { name: 'gateway', tag: 2, type: nameType, description: 'Name of the gateway, for content keys and epochs.' } as const;
const tenantField = { name: 'tenant', tag: 3, type: nameType, description: "Name of the gateway's tenant; your own where not given." } as const;
const text = { kind: 'string', maxLength: 65_536 } as const;
const statementFields = [
  { name: 'kind', tag: 1, type: { kind: 'string', oneOf: ['root', 'delegation', 'epoch'] }, required: true, description: 'What it says.' },
  { name: 'about', tag: 2, type: { kind: 'string', minLength: 0, maxLength: 1_000 }, default: '', description: 'For people.' },
  { name: 'payload', tag: 3, type: text, required: true, description: 'The claims, as they are signed.' },
  { name: 'signatures', tag: 4, type: { kind: 'array', of: text }, required: true, description: 'Compact JWS over the payload, one per root key.' },
] as const;

export function keyRoutes(desk: KeyDesk, store: Pick<Store, 'gateways' | 'tenants'>): readonly Route[] {
  const changeOf = ({ caller, actor }: AdminRequest) => ({ tenantId: caller.tenantId, actor });
  const find = async (request: AdminRequest, gateway: string | null, tenant: string | null): Promise<Gateway> => {
    const tenantId: TenantId | undefined = tenant === null ? request.caller.tenantId : (await store.tenants.findByName(tenant))?.id;
    const found = tenantId === undefined ? undefined : await store.gateways.findByName(tenantId, gateway ?? DEFAULT_GATEWAY);
    if (found === undefined) throw notFound();
    return found;
  };
  return [
    tenantRoute('/v1/keys', {
      GET: operation({ permission: { on: 'signing-keys', verb: 'read' }, summary: 'Show root set, publish keys, delegations, content keys and certificate authorities', handle: async () => ok(await showStatus(desk)) }),
    }),
    tenantRoute('/v1/keys/pending', {
      GET: operation({ permission: { on: 'signing-keys', verb: 'read' }, summary: 'Statements that wait for signatures of root keys', handle: async () => ok(showStatementFile(await desk.pending())) }),
    }),
    tenantRoute('/v1/keys/import', {
      POST: operation({
        permission: { on: 'signing-keys', verb: 'update' },
        summary: 'Verify signed statements and store all of them, or none',
        body: [
          { name: 'format', tag: 1, type: { kind: 'string' }, required: true, description: 'Format of the file.' },
          { name: 'root_statements', tag: 2, type: { kind: 'array', of: text }, default: [], description: 'Root sets as the file has them; those stored here count.' },
          { name: 'statements', tag: 3, type: { kind: 'array', of: { kind: 'record', fields: statementFields } }, required: true, description: 'Signed statements.' },
        ],
        handle: async (request, body) => ok({ imported: await desk.import(readStatementFile(body), changeOf(request)) }),
      }),
    }),
    tenantRoute('/v1/keys/rotate', {
      POST: operation({
        permission: { on: 'signing-keys', verb: 'update' },
        summary: 'Make a new publish key, content key or certificate authority',
        body: [purposeField, gatewayField, tenantField],
        handle: async (request, { purpose, gateway, tenant }) => {
          if (purpose === 'publish') {
            const { keyId, pending } = await desk.rotatePublish(changeOf(request));
            return ok({ key_id: keyId, pending: showPending(pending) });
          }
          if (purpose === 'certificate-authority') return ok({ key_id: await desk.rotateAuthority(changeOf(request)), pending: null });
          const { keyId, version } = await desk.rotateContent(await find(request, gateway, tenant), changeOf(request));
          return ok({ key_id: String(keyId), pending: null, version: showVersion(version) });
        },
      }),
    }),
    tenantRoute('/v1/keys/retire', {
      POST: operation({
        permission: { on: 'signing-keys', verb: 'update' },
        summary: 'Take a key out of use that nobody needs any more',
        body: [purposeField, gatewayField, tenantField, { name: 'key_id', tag: 4, type: { kind: 'string', maxLength: 128 }, required: true, description: 'As the list of keys names it.' }],
        handle: async (request, { purpose, gateway, tenant, key_id: keyId }) => {
          if (purpose === 'publish') await desk.retirePublish(keyId, changeOf(request));
          else if (purpose === 'certificate-authority') await desk.retireAuthority(keyId, changeOf(request));
          else await desk.retireContent(await find(request, gateway, tenant), Number(keyId), changeOf(request));
          return ok({ retired: keyId });
        },
      }),
    }),
    tenantRoute('/v1/keys/epoch', {
      POST: operation({
        permission: { on: 'signing-keys', verb: 'update' },
        summary: 'Begin a new epoch of a gateway, past whatever its data planes have',
        body: [gatewayField, tenantField],
        handle: async (request, { gateway, tenant }) => {
          const { epoch, pending } = await desk.bumpEpoch(await find(request, gateway, tenant), changeOf(request));
          return ok({ epoch, pending: showPending(pending) });
        },
      }),
    }),
  ];
}

/** Null where nothing is to be signed. */
function showPending(file: StatementFile): JsonValue {
  return file.statements.length === 0 ? null : showStatementFile(file);
}

async function showStatus(desk: KeyDesk): Promise<JsonObject> {
  const { rootSet, canSign, publishKeys, authorities, authoritiesAreFiles, gateways } = await desk.status();
  return {
    root_set: { version: rootSet.version, threshold: rootSet.threshold, fingerprint: rootSet.fingerprint, key_ids: rootSet.keyIds },
    root_key_here: canSign,
    publish_keys: publishKeys.map(showKey),
    certificate_authorities: authorities.map(showKey),
    certificate_authorities_are_files: authoritiesAreFiles,
    gateways: gateways.map(showGateway),
    pending: gateways.filter(({ isPending }) => isPending).length,
  };
}

function showKey({ keyId, createdAt, retiredAt }: KeyInUse): JsonObject {
  return { key_id: keyId, created_at: showTime(createdAt), retired_at: showTime(retiredAt) };
}

function showGateway({ gateway, trust, isPending, contentKeys }: GatewayKeys): JsonObject {
  return {
    id: gateway.gatewayId,
    name: gateway.name,
    tenant: gateway.tenantName,
    epoch: gateway.epoch,
    delegation: trust === undefined ? null : { serial: trust.serial, publish_key: trust.publishKey.keyId, root_set: trust.rootSet.version },
    pending: isPending,
    content_keys: contentKeys.map(({ keyId, createdAt, retiredAt, from }) => ({ key_id: keyId, created_at: showTime(createdAt), retired_at: showTime(retiredAt), from_version: showVersion(from) })),
  };
}
