/**
 * A network of its own for a process, joined to ours by one cable (a veth pair) on which packets can be dropped: real
 * partitions, one way or both ways, and real loss. Needs root and Linux with nftables; says why where it can't be had.
 * Names and addresses are the maker's alone, so that two runs at once do not meet.
 */
import { execFileSync } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';

/** Seen from the process in the namespace. */
export type PacketDirection = 'in' | 'out';

export interface Drop {
  /** One of the namespace's addresses. */
  readonly address: string;
  readonly port: number;
  readonly directions: readonly PacketDirection[];
  /** Of 100 packets; all where not given. */
  readonly percent?: number;
}

/** For measuring networks (RFC 2544): nobody routes it, and hardly anybody uses it. 16,384 networks of eight addresses. */
const NETWORKS = 16_384;

export class NetworkNamespace {
  readonly name: string;
  /** Inside. */
  readonly addresses: readonly [string, string];
  readonly #outside: string;

  private constructor(name: string, network: number) {
    const first = 198 * 2 ** 24 + 18 * 2 ** 16 + network * 8;
    this.name = name;
    this.#outside = `${name}o`;
    this.addresses = [formatIp(first + 2), formatIp(first + 3)];
    run('ip', 'netns', 'add', name);
    try {
      run('ip', 'link', 'add', this.#outside, 'type', 'veth', 'peer', 'name', 'inside', 'netns', name);
      run('ip', 'address', 'add', `${formatIp(first + 1)}/29`, 'dev', this.#outside);
      run('ip', 'link', 'set', this.#outside, 'up');
      this.#inside('ip', 'link', 'set', 'lo', 'up');
      for (const address of this.addresses) this.#inside('ip', 'address', 'add', `${address}/29`, 'dev', 'inside');
      this.#inside('ip', 'link', 'set', 'inside', 'up');
      // Refused now, not in the middle of a fault.
      this.restore();
    } catch (thrown) {
      this.remove();
      throw thrown;
    }
  }

  /** Throws where it can't be had: ask `whyNot` first. */
  static create(): NetworkNamespace {
    const taken = run('ip', '-4', '-o', 'address', 'show');
    for (;;) {
      const network = randomInt(NETWORKS);
      if (!taken.includes(` ${formatIp(198 * 2 ** 24 + 18 * 2 ** 16 + network * 8 + 1)}/`)) return new NetworkNamespace(`hff${randomBytes(4).toString('hex')}`, network);
    }
  }

  /** Why there can be none here; undefined where there can. */
  static whyNot(): string | undefined {
    if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'network namespaces need root on Linux';
    try {
      new NetworkNamespace(`hff${randomBytes(4).toString('hex')}`, randomInt(NETWORKS)).remove();
      return undefined;
    } catch (thrown) {
      return `network namespaces with nftables can't be made here: ${thrown instanceof Error ? thrown.message.split('\n').slice(0, 2).join(': ') : String(thrown)}`;
    }
  }

  /** Words to put before a command, so that it runs in here; its process id stays the one that was started. */
  get prefix(): readonly [string, ...string[]] {
    return ['nsenter', `--net=/run/netns/${this.name}`, '--'];
  }

  /** From now on; in place of earlier ones. */
  drop(...drops: readonly Drop[]): void {
    const rules = drops.flatMap(({ address, port, directions, percent }) => {
      const verdict = percent === undefined ? 'drop' : `numgen random mod 100 < ${percent} drop`;
      return directions.map((direction) => (direction === 'in' ? `add rule inet faults in ip daddr ${address} tcp dport ${port} ${verdict}` : `add rule inet faults out ip saddr ${address} tcp sport ${port} ${verdict}`));
    });
    const table = ['add table inet faults', 'delete table inet faults', 'add table inet faults', 'add chain inet faults in { type filter hook input priority 0; }', 'add chain inet faults out { type filter hook output priority 0; }'];
    execFileSync('nsenter', [`--net=/run/netns/${this.name}`, '--', 'nft', '-f', '-'], { input: `${[...table, ...rules].join('\n')}\n`, stdio: ['pipe', 'pipe', 'pipe'] });
  }

  /** Everything gets through again. */
  restore(): void {
    this.drop();
  }

  /** Idempotent. Processes in it keep it alive until they end, but nobody reaches them any more. */
  remove(): void {
    for (const words of [['link', 'delete', this.#outside], ['netns', 'delete', this.name]]) {
      try {
        run('ip', ...words);
      } catch {
        // It is gone already, or was never made.
      }
    }
  }

  #inside(program: string, ...words: readonly string[]): void {
    run('ip', 'netns', 'exec', this.name, program, ...words);
  }
}

function run(program: string, ...words: readonly string[]): string {
  return execFileSync(program, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

function formatIp(value: number): string {
  return [24, 16, 8, 0].map((shift) => (value / 2 ** shift) & 255).join('.');
}
