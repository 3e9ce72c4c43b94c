/**
 * acl on a data plane: compares the client's groups with the configured list. Fails closed: who is not known is refused.
 * Behaviour and texts as in Kong 3.9; differences are in the README.
 */
import { bytesOf } from '../../plugin-parts/byte-text.ts';
import { groupList } from '../../plugin-parts/group-list.ts';
import type { PluginFactory, RequestContext, Verdict } from '../contract.ts';
import type { AclConfig } from './schema.ts';

const CONSUMER_GROUPS = 'X-Consumer-Groups';
const AUTHENTICATED_GROUPS = 'X-Authenticated-Groups';
const UNAUTHORIZED: Verdict = { kind: 'respond', status: 401, message: 'Unauthorized' };
const FORBIDDEN: Verdict = { kind: 'respond', status: 403, message: 'You cannot consume this service' };

export const aclFactory: PluginFactory<AclConfig> = {
  name: 'acl',
  create: (config) => {
    const denies = (config.deny?.length ?? 0) > 0;
    const listed: ReadonlySet<string> = new Set(denies ? config.deny : config.allow);
    return { requestHead: (context) => judge(config, denies, listed, context) };
  },
};

function judge(config: AclConfig, denies: boolean, listed: ReadonlySet<string>, context: RequestContext): Verdict | undefined {
  const { consumer, credential } = context;
  const usesAuthenticated = consumer === undefined || credential === undefined || config.always_use_authenticated_groups;
  const authenticated = usesAuthenticated ? context.authenticatedGroups : undefined;
  const groups = authenticated ?? (consumer === undefined ? undefined : context.config.groupsOf(consumer.id));
  if (groups === undefined) return credential === undefined ? UNAUTHORIZED : FORBIDDEN;

  const isListed = holdsOne(listed, groups) || (config.include_consumer_groups && consumer !== undefined && holdsOne(listed, context.config.consumerGroupsOf(consumer.id)));
  if (isListed === denies) return FORBIDDEN;

  // Both names are ours: what a client sent under them must never reach the backend.
  context.removeUpstreamHeader(CONSUMER_GROUPS);
  context.removeUpstreamHeader(AUTHENTICATED_GROUPS);
  const list = config.hide_groups_header ? '' : groupList(groups);
  if (list !== '') {
    context.setUpstreamHeader(authenticated === undefined ? CONSUMER_GROUPS : AUTHENTICATED_GROUPS, bytesOf(list));
  }
  return undefined;
}

function holdsOne(listed: ReadonlySet<string>, groups: readonly string[]): boolean {
  return groups.some((group) => listed.has(group));
}
