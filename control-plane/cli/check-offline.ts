/**
 * Checks files without a control plane, by the same steps that it takes: as if the gateway were empty, with the plugins of this
 * version. For `holdfast gateway validate --offline`.
 */
import { systemClock } from '../../shared/clock.ts';
import { newId, type GatewayId } from '../../shared/model/ids.ts';
import { pluginCatalog } from '../../shared/plugins/catalog.ts';
import { ContentPasswords } from '../declarative/content-passwords.ts';
import { ContentProblems } from '../declarative/content-problem.ts';
import { ContentScope, type ScopeOptions } from '../declarative/content-scope.ts';
import { CurrentEntities } from '../declarative/current-entities.ts';
import { readContent } from '../declarative/desired-entities.ts';
import type { MergedContent } from '../declarative/merge-files.ts';
import { planChanges } from '../declarative/plan-changes.ts';
import { contentInvalid, locateBoth } from './declarative-client.ts';

/** The number of entities. Rejects with CLI_CONTENT_INVALID. */
export async function checkOffline(merged: MergedContent, scope: ScopeOptions): Promise<number> {
  const problems = new ContentProblems();
  const rules = { clock: systemClock, plugins: { pluginSchemaOf: (name: string) => pluginCatalog.get(name), pluginNames: [...pluginCatalog.keys()] } };
  const plan = await planChanges(readContent(merged.content, problems), new CurrentEntities([]), new ContentScope(scope), { gatewayId: newId<GatewayId>(systemClock.nowMs()), mode: 'apply', passwords: new ContentPasswords({ dryRun: true }), rules }, problems);
  if (problems.list.length > 0) {
    throw contentInvalid(problems.list.map(({ path, field, message, entity, other }) => locateBoth(merged, path, `${entity === undefined ? '' : `${entity.kind}${entity.name === undefined ? '' : ` ${JSON.stringify(entity.name)}`}: `}${field === '' || field === '@entity' ? '' : `${field}: `}${message}`, other)));
  }
  return plan.length;
}
