/** Writes docs/events.md and docs/metrics.md from the sources that log and tell them. `npm run generate`; CI compares. */
import { writeFileSync } from 'node:fs';
import { logEvents } from './support/log-events.ts';
import { toldMetrics } from './support/told-metrics.ts';

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

writeFileSync(new URL('../docs/events.md', import.meta.url), `# Events

What our own processes log: one line per event, with a stable name in \`event\`. Search and alert by name; texts may change. Generated from the sources by \`npm run generate\`; do not edit.

What repeats is bounded: in 10 seconds at most 20 lines of one event at \`warn\` or \`error\`, 100 at \`info\`, then one \`log-repeats-suppressed\` with how many were left out; \`fatal\`, \`debug\` and \`trace\` are not held back.
Levels can be set by area of the log (\`HOLDFAST_LOG_LEVELS=sync=debug,telemetry=warn\`), and for a while at run time: \`PUT /debug/node/log-level/debug?area=sync&timeout=300\`, \`PUT /v1/data-planes/<id>/log-level/debug?area=proxy\`.

| event | level | text | written in |
|---|---|---|---|
${logEvents().map(({ name, levels, texts, files }) => `| \`${name}\` | ${levels.join(', ')} | ${cell(texts.join(' / '))} | ${files.map((file) => `\`${file}\``).join(', ')} |`).join('\n')}
`);

writeFileSync(new URL('../docs/metrics.md', import.meta.url), `# Metrics

What \`/metrics\` of the status ports tells: Prometheus' text format, or OpenMetrics 1.0 with exemplars where \`Accept\` asks for it. Seconds, bytes and ratios throughout. Generated from the sources by
\`npm run generate\`; do not edit. Scrape configuration, alert rules and a dashboard: [deploy/monitoring](../deploy/monitoring/README.md).

| metric | type | planes | what it says |
|---|---|---|---|
${toldMetrics().map(({ name, type, planes, help }) => `| \`${name}\` | ${type} | ${planes.join(', ')} | ${cell(help)} |`).join('\n')}
`);
