/**
 * `holdfast doctor`: runs checks one after the other and tells each as ok, warn or fail, with what to do. A check looks and changes
 * nothing; one that breaks or hangs is a finding of its own. Called by doctor/main.ts of both planes.
 */
import type { Clock } from '../clock.ts';
import { describeThrown } from '../errors.ts';

export interface Finding {
  readonly level: 'ok' | 'warn' | 'fail';
  /** What was found, without full stop. */
  readonly found: string;
  /** What to do; of warnings and failures. */
  readonly advice?: string;
}

export interface Check {
  /** One or two words. */
  readonly name: string;
  readonly look: () => Promise<readonly Finding[]> | readonly Finding[];
}

export interface DoctorOutput {
  readonly out: (line: string) => void;
}

const LONGEST_MS = 15_000;

export const ok = (found: string): Finding => ({ level: 'ok', found });
export const warn = (found: string, advice: string): Finding => ({ level: 'warn', found, advice });
export const fail = (found: string, advice: string): Finding => ({ level: 'fail', found, advice });

/** Returns the exit code: 1 where anything failed. */
export async function runDoctor(checks: readonly Check[], { json, clock, output }: { readonly json: boolean; readonly clock: Clock; readonly output: DoctorOutput }): Promise<number> {
  const all: (Finding & { readonly check: string })[] = [];
  for (const check of checks) {
    for (const finding of await lookAt(check, clock)) {
      all.push({ check: check.name, ...finding });
      if (!json) output.out(line(check.name, finding));
    }
  }
  const failed = all.filter(({ level }) => level === 'fail').length;
  const warned = all.filter(({ level }) => level === 'warn').length;
  if (json) output.out(JSON.stringify({ healthy: failed === 0, failed, warned, findings: all }, undefined, 2));
  else output.out(failed === 0 ? `Nothing is wrong${warned === 0 ? '' : `; ${warned} to look at`}.` : `${failed} ${failed === 1 ? 'thing is' : 'things are'} wrong${warned === 0 ? '' : `, ${warned} to look at`}.`);
  return failed === 0 ? 0 : 1;
}

async function lookAt({ look }: Check, clock: Clock): Promise<readonly Finding[]> {
  const late = Promise.withResolvers<readonly Finding[]>();
  const timer = clock.after(LONGEST_MS, () => late.resolve([fail(`no answer within ${LONGEST_MS / 1000} s`, 'find out what does not answer, then run this again')]), { keepAlive: true });
  try {
    return await Promise.race([Promise.resolve().then(look), late.promise]);
  } catch (thrown) {
    return [fail(describeThrown(thrown), 'do what the message says, then run this again')];
  } finally {
    timer.cancel();
  }
}

function line(name: string, { level, found, advice }: Finding): string {
  return `${level.padEnd(4)}  ${name.padEnd(12)}  ${found}${advice === undefined ? '' : `\n${' '.repeat(20)}→ ${advice}`}`;
}
