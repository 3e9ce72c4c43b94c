/** The order in which things with weights take turns: each as often as its weight says, spread evenly. Used by the balancer and for DNS answers. */

/** Longest order; beyond it weights are rounded. */
const MAX_TURNS = 10_000;

/** The k-th turn of one of weight w stands at (k + ½) / w. Weight 0 gets none. */
export function layOut<T extends { readonly weight: number }>(all: readonly T[]): readonly T[] {
  const weighted = all.filter(({ weight }) => weight > 0);
  const divisor = weighted.reduce((common, { weight }) => greatestCommonDivisor(common, weight), 0);
  if (divisor === 0) return [];
  const total = weighted.reduce((sum, { weight }) => sum + weight / divisor, 0);
  const scale = Math.min(1, MAX_TURNS / total);
  const turns: { readonly one: T; readonly at: number }[] = [];
  for (const one of weighted) {
    const count = Math.max(1, Math.round((one.weight / divisor) * scale));
    for (let turn = 0; turn < count; turn++) turns.push({ one, at: (turn + 0.5) / count });
  }
  return turns.sort((a, b) => a.at - b.at).map(({ one }) => one);
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
