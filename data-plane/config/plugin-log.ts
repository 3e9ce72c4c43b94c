/**
 * The log of one plugin entity, bounded: a plugin that warns on every request must not become the load (R5). What was
 * left out is counted and told with the next line. The first line of another event is written all the same.
 */
import type { Logger } from '../../shared/log.ts';
import type { PluginServices } from '../../shared/plugins/plugin-services.ts';

const LINES_PER_MINUTE = 20;
/** Of one minute, beyond those lines. */
const MOST_EVENTS = 50;
const MINUTE_MS = 60_000;

export function createPluginLog(log: Logger, clock: { nowMs(): number }, plugin: string, pluginId: string): PluginServices['log'] {
  let [minute, lines, leftOut] = [-1, 0, 0];
  const events = new Set<string>();
  return {
    warn(event, fields = {}) {
      const now = Math.floor(clock.nowMs() / MINUTE_MS);
      if (now !== minute) {
        [minute, lines] = [now, 0];
        events.clear();
      }
      lines += 1;
      const isFirst = events.size < MOST_EVENTS && events.size < events.add(event).size;
      if (lines > LINES_PER_MINUTE && !isFirst) {
        leftOut += 1;
        return;
      }
      log.warn({ ...fields, event, plugin, pluginId, leftOut }, `plugin ${plugin} warns`);
      leftOut = 0;
    },
  };
}
