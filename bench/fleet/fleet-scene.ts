/** What every scenario of the fleet bench begins with, and how a fleet is brought up in it. Made by bench/fleet.ts. */
import type { FleetInstallation } from './fleet-installation.ts';
import type { SimulatedIdentity } from './simulator-messages.ts';
import { Simulators } from './simulators.ts';

export interface FleetScene {
  readonly installation: FleetInstallation;
  /** Enrolled; a scenario takes as many as it needs. */
  readonly identities: readonly SimulatedIdentity[];
  readonly simulatorProcesses: number;
  readonly seed: number;
  /** Entities published now. */
  readonly entities: number;
  readonly smoke: boolean;
  readonly say: (line: string) => void;
}

/** New connections a second while a fleet is brought up, where that is not what is measured. */
const CONNECTIONS_PER_SECOND = 400;
const CONNECT_BOUND_MS = 300_000;

/** Simulators for so many data planes, none connected yet. `urlsOf`: the first control plane, where not said. */
export function startSimulators(scene: FleetScene, count: number, urlsOf?: (index: number) => readonly string[]): Promise<Simulators> {
  const { installation, identities, simulatorProcesses, seed } = scene;
  if (identities.length < count) throw new Error(`${count} data planes are asked for, ${identities.length} are enrolled`);
  const used = identities.slice(0, count).map((identity, index) => ({ ...identity, urls: urlsOf?.(index) ?? [installation.first.url] }));
  return Simulators.start(Math.min(count, simulatorProcesses), used, installation.trust, seed);
}

/** Connects until `total` are live. */
export async function connectUpTo(simulators: Simulators, total: number): Promise<void> {
  const { live } = await simulators.status();
  await simulators.connect(total - live, CONNECTIONS_PER_SECOND);
  await simulators.untilLive(total, CONNECT_BOUND_MS);
}

/** The one place where the bench waits by time: to let something settle, or to watch it idle. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
