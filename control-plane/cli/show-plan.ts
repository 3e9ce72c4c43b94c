/**
 * A plan for people, in colour where that is wanted, and for programs with the names that decK's `--json-output` has. Used by
 * declarative.ts and watch.ts.
 */
import { listOf, recordOf, recordsOf, type Told } from './admin-answer.ts';
import { terminalJson, terminalLine } from './terminal-text.ts';
import { cell } from './text-table.ts';

const SIGNS: Readonly<Record<string, { readonly sign: string; readonly verb: string; readonly colour: number }>> = {
  create: { sign: '+', verb: 'creating', colour: 32 },
  update: { sign: '~', verb: 'updating', colour: 33 },
  delete: { sign: '-', verb: 'deleting', colour: 31 },
};
/** Longer values are cut: a certificate fills a screen. */
const LONGEST_VALUE = 120;

/** Shorter values are flags and numbers, and would be found everywhere. */
const SHORTEST_MASKED = 4;

/** As decK does: what variables put into files may be secret, also in a field that is none, and plans end in the logs of pipelines. */
export function withoutVariables(plan: Told, environment: Readonly<Record<string, string | undefined>>): Told {
  const values = Object.entries(environment).flatMap(([name, value = '']) => (name.startsWith('DECK_') && value.length >= SHORTEST_MASKED ? [value] : [])).toSorted((a, b) => b.length - a.length);
  const mask = (value: unknown): unknown => {
    if (typeof value === 'string') return values.reduce((text, hidden) => text.replaceAll(hidden, '[masked]'), value);
    if (Array.isArray(value)) return value.map(mask);
    return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, mask(inner)])) : value;
  };
  if (values.length === 0) return plan;
  return { ...plan, entities: recordsOf(plan['entities']).map((entity) => ({ ...entity, changes: recordsOf(entity['changes']).map(({ field, before, after }) => ({ field, before: mask(before), after: mask(after) })) })) };
}

export function planLines(plan: Told, colours: boolean): readonly string[] {
  return recordsOf(plan['entities']).flatMap((entity) => {
    const { sign, verb, colour } = SIGNS[String(entity['action'])] ?? { sign: '?', verb: cell(entity['action']), colour: 0 };
    const paint = (line: string): string => (colours ? `\u001b[${colour}m${terminalLine(line)}\u001b[0m` : terminalLine(line));
    const name = entity['name'] === null ? cell(entity['id']) : cell(entity['name']);
    const note = typeof entity['message'] === 'string' ? ` (${entity['message']})` : '';
    // Of what is gone the name is enough.
    const changes = entity['action'] === 'delete' ? [] : recordsOf(entity['changes']).map((change) => paint(`    ${changeText(entity['action'], change)}`));
    return [paint(`${sign} ${verb} ${cell(entity['kind'])} ${name}${note}`), ...changes];
  });
}

function changeText(action: unknown, { field, before, after }: Told): string {
  return action === 'create' ? `${cell(field)}: ${valueText(after)}` : `${cell(field)}: ${valueText(before)} → ${valueText(after)}`;
}

function valueText(value: unknown): string {
  const text = JSON.stringify(value) ?? 'null';
  return text.length <= LONGEST_VALUE ? text : `${text.slice(0, LONGEST_VALUE)}…`;
}

export function summaryLine(plan: Told): string {
  const summary = recordOf(plan['summary']);
  return ['created', 'updated', 'deleted', 'unchanged'].map((name) => `${cell(summary[name])} ${name}`).join(', ');
}

export function hasChanges(plan: Told): boolean {
  return listOf(plan['entities']).length > 0;
}

export function planAsJson(plan: Told): string {
  const entities = recordsOf(plan['entities']);
  const those = (action: string): readonly Told[] => entities.filter((entity) => entity['action'] === action).map(({ kind, name, id, changes }) => ({ kind, name: name ?? id, id, changes }));
  const [creating, updating, deleting] = [those('create'), those('update'), those('delete')];
  return terminalJson({
    changes: { creating, updating, deleting },
    summary: { creating: creating.length, updating: updating.length, deleting: deleting.length, total: entities.length },
    version: plan['version'] ?? null, warnings: [], errors: [],
  });
}
