/**
 * Ends test files that do not end by themselves. The runner's own time limit bounds a test, but not the process of a file that stays
 * afterwards, and what hangs in Node's own exit hears no signal but SIGKILL. JavaScript: it runs on any Node.
 */
import { readdirSync, readFileSync } from 'node:fs';

const LOOK_EVERY_MS = 5_000;

/** Looks at the children of our children, the first of which is the runner, until the returned function is called. Linux only: elsewhere it does nothing. */
export function endStuckFiles(limitMs) {
  const firstSeen = new Map();
  const timer = setInterval(() => {
    const now = performance.now();
    for (const pid of grandchildren()) {
      const since = firstSeen.get(pid) ?? firstSeen.set(pid, now).get(pid);
      if (now - since < limitMs) continue;
      const file = commandOf(pid).find((word) => word.endsWith('.test.ts'));
      if (file === undefined) continue;
      firstSeen.delete(pid);
      process.stderr.write(`${file} (process ${pid}) did not end within ${limitMs / 1_000} s: it is killed\n`);
      process.kill(pid, 'SIGKILL');
    }
  }, LOOK_EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}

function grandchildren() {
  const parents = new Map();
  for (const name of list('/proc')) if (/^\d+$/.test(name)) parents.set(Number(name), parentOf(name));
  return [...parents].filter(([, parent]) => parents.get(parent) === process.pid).map(([pid]) => pid);
}

/** The command in brackets may hold anything; the parent is the second word behind it. */
function parentOf(pid) {
  return Number(read(`/proc/${pid}/stat`).split(') ').at(-1)?.split(' ')[1]);
}

function commandOf(pid) {
  return read(`/proc/${pid}/cmdline`).split('\0');
}

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function list(path) {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
