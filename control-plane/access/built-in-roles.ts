/**
 * The roles that every tenant has and nobody can change. `admin` may do everything but end the tenant or make an owner;
 * `viewer` reads everything but secrets and records of single requests, `auditor` those too. Read by role-store.ts.
 */
import type { Grant } from './grant.ts';
import { GATEWAY_RESOURCES, resources, TENANT_RESOURCES, VERBS, type Resource, type Verb } from './permission.ts';

export const BUILT_IN_ROLE_NAMES = ['owner', 'admin', 'editor', 'viewer', 'auditor'] as const;
export type BuiltInRoleName = (typeof BUILT_IN_ROLE_NAMES)[number];

export interface BuiltInRole {
  readonly name: BuiltInRoleName;
  readonly description: string;
  readonly grants: readonly Grant[];
}

function allow(on: readonly (Resource | '*')[], verbs: readonly (Verb | '*')[]): Grant {
  return { effect: 'allow', gateways: ['*'], resources: on, verbs, tags: [] };
}

const READ_ALL = allow(['entities', ...GATEWAY_RESOURCES, ...TENANT_RESOURCES], ['read']);
/** Records of single requests name people by their addresses: looking at a dashboard needs none. */
const READ_WITHOUT_PEOPLE = allow(['entities', ...GATEWAY_RESOURCES.filter((resource) => resource !== 'requests'), ...TENANT_RESOURCES], ['read']);

export const builtInRoles: Readonly<Record<BuiltInRoleName, BuiltInRole>> = {
  owner: { name: 'owner', description: 'Everything, also the end of the tenant and who owns it.', grants: [allow(['*'], ['*'])] },
  admin: {
    name: 'admin',
    description: 'Everything but the end of the tenant and who owns it.',
    grants: [allow(resources.filter((resource) => resource !== 'tenant'), VERBS), allow(['tenant'], ['read'])],
  },
  editor: {
    name: 'editor',
    description: 'Writes configuration and rules of alerts, and rolls back; sees no secrets, and nothing of people and tokens.',
    grants: [
      allow(['entities'], ['read', 'create', 'update', 'delete', 'switch']),
      allow(GATEWAY_RESOURCES.filter((resource) => resource !== 'join-tokens'), ['read']),
      allow(['releases'], ['rollback']),
      allow(['alarms'], ['update']),
      // Whom they are told is an admin's to say: webhooks leave the house.
      allow(['alert-rules'], ['create', 'update', 'delete']),
      allow(['caches'], ['delete']),
      allow(['quotas', 'retention', 'tenant'], ['read']),
    ],
  },
  viewer: { name: 'viewer', description: 'Reads everything but secrets and records of single requests.', grants: [READ_WITHOUT_PEOPLE] },
  auditor: { name: 'auditor', description: 'Reads everything but secrets, and takes the audit out as a whole.', grants: [READ_ALL, allow(['audit'], ['export'])] },
};

export function isBuiltInRole(name: string): name is BuiltInRoleName {
  return Object.hasOwn(builtInRoles, name);
}
