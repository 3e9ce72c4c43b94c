/** What `holdfast top` asks the admin API. Targets are ranked here, of as many as it tells at once. Used by top.ts and top-screen.ts. */
import { recordOf, recordsOf, type Told } from './admin-answer.ts';
import { get } from './admin-client.ts';
import type { TopSettings } from './analytics-settings.ts';
import type { TopOrder, TopView } from './top-table.ts';

/** As many targets as the admin API tells at once: they are ranked here. */
const MOST_TARGETS = 1_000;
/** Over a window of days an answer takes its time. */
const TIMEOUT_MS = 30_000;

export interface TopQuestion {
  readonly view: TopView;
  readonly order: TopOrder;
  readonly windowMs: number;
  /** Rows at most. */
  readonly count: number;
}

export async function askTop(settings: TopSettings, { view, order, windowMs, count }: TopQuestion, signal?: AbortSignal): Promise<Told> {
  const path = `/${encodeURIComponent(settings.gateway)}/v1/analytics`;
  const from = `-${Math.ceil(windowMs / 1000)}s`;
  if (view !== 'target') {
    const query = new URLSearchParams({ by: view.replace('-', '_'), order, from, limit: String(count) });
    return get(settings, `${path}/top?${query.toString()}`, signal, TIMEOUT_MS);
  }
  const answer = await get(settings, `${path}/targets?${new URLSearchParams({ from, limit: String(MOST_TARGETS) }).toString()}`, signal, TIMEOUT_MS);
  return { ...answer, data: recordsOf(answer['data']).toSorted((one, other) => weightOf(other, order) - weightOf(one, order)).slice(0, count) };
}

function weightOf(target: Told, order: TopOrder): number {
  const value = order === 'errors' ? target['failed'] : order === 'error-rate' ? target['error_rate'] : order === 'requests' || order === 'bytes' ? target['attempts'] : recordOf(target['latency_ms'])[order];
  return typeof value === 'number' ? value : -1;
}
