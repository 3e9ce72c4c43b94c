/** Clients that ask all at once, for tests and benches of limits: each on a connection of its own, one request after the other. */
import { Agent, request } from 'node:http';

export interface BurstResult {
  readonly passed: number;
  readonly refused: number;
  /** Any other status, and no answer. */
  readonly other: number;
}

/** So many clients at each port, at the same time; each asks so often. One result for each port. */
export function burst(ports: readonly number[], path: string, clients: number, requests = 1): Promise<readonly BurstResult[]> {
  return Promise.all(ports.map(async (port) => {
    const agent = new Agent({ keepAlive: true, maxSockets: clients });
    const statuses = (await Promise.all(Array.from({ length: clients }, () => askInTurn(agent, port, path, requests)))).flat();
    agent.destroy();
    const passed = statuses.filter((status) => status === 200).length;
    const refused = statuses.filter((status) => status === 429).length;
    return { passed, refused, other: statuses.length - passed - refused };
  }));
}

async function askInTurn(agent: Agent, port: number, path: string, requests: number): Promise<readonly number[]> {
  const statuses: number[] = [];
  for (let turn = 0; turn < requests; turn += 1) statuses.push(await ask(agent, port, path));
  return statuses;
}

function ask(agent: Agent, port: number, path: string): Promise<number> {
  return new Promise((resolve) => {
    const outgoing = request({ host: '127.0.0.1', port, path, agent, timeout: 10_000 }, (incoming) => {
      incoming.resume();
      incoming.on('end', () => resolve(incoming.statusCode ?? 0));
      incoming.on('error', () => resolve(0));
    });
    outgoing.on('timeout', () => outgoing.destroy());
    outgoing.on('error', () => resolve(0));
    outgoing.end();
  });
}
