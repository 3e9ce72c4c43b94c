/** One-entity changes as an operator makes them: a request to the admin API. Used by the scenarios. */
import { request } from 'undici';
import { defined } from '../../shared/assert.ts';
import type { ConfigVersion } from '../../shared/model/version.ts';
import { CHANGED_ROUTE } from './fleet-content.ts';
import type { FleetInstallation } from './fleet-installation.ts';
import { sharedNowMs } from './simulator-messages.ts';

export interface Change {
  readonly version: ConfigVersion;
  /** When the admin API's answer was there; CLOCK_MONOTONIC milliseconds. */
  readonly atMs: number;
}

let changes = 0;

/** Gives one route another path. The bench is the only writer, so the gateway's head is the change's version. */
export async function changeOneRoute(installation: FleetInstallation): Promise<Change> {
  const atMs = await patchRoute(installation);
  return { version: await headOf(installation), atMs };
}

/** So many changes a second for so long, each a request of its own; resolves when the last is answered. */
export async function changeSteadily(installation: FleetInstallation, perSecond: number, seconds: number): Promise<readonly Change[]> {
  const { epoch, sequence } = await headOf(installation);
  const answeredAtMs: number[] = [];
  const begunAtMs = sharedNowMs();
  for (let index = 0; index < perSecond * seconds; index += 1) {
    const dueInMs = begunAtMs + (index * 1_000) / perSecond - sharedNowMs();
    if (dueInMs > 0) await new Promise((resolve) => setTimeout(resolve, dueInMs));
    answeredAtMs.push(await patchRoute(installation));
  }
  const head = await headOf(installation);
  if (head.sequence !== sequence + answeredAtMs.length) throw new Error('somebody else wrote, or a change took no sequence: lags can not be told');
  return answeredAtMs.map((atMs, index) => ({ version: { epoch, sequence: sequence + index + 1 }, atMs }));
}

export async function headOf({ store, scope }: FleetInstallation): Promise<ConfigVersion> {
  return defined(await store.gateways.get(scope), 'the gateway').head;
}

async function patchRoute({ running }: FleetInstallation): Promise<number> {
  const { admin } = defined(running[0], 'a control plane runs');
  changes += 1;
  const { statusCode, body } = await request(`${admin.base}/routes/${CHANGED_ROUTE}`, {
    method: 'PATCH', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ paths: [`/changed-${changes}`] }),
  });
  const atMs = sharedNowMs();
  const text = await body.text();
  if (statusCode !== 200) throw new Error(`the change was answered ${statusCode}: ${text}`);
  return atMs;
}
