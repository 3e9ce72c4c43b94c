/** CPU time instead of wall time, so that a test of cost does not fail because the machine does something else too. */
export function cpuMsOf(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}
