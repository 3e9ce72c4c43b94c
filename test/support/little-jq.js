/** Stands for `jq -r` where there is none: paths of names and `[]` alone. */
import { readFileSync } from 'node:fs';

const [, filter = '.'] = process.argv.slice(2);
let values = [JSON.parse(readFileSync(0, 'utf8'))];
for (const [, name, every] of filter.matchAll(/\.([a-z_]+)|(\[\])/g)) values = values.flatMap((value) => (every === undefined ? [value?.[name]] : value));
for (const value of values) process.stdout.write(`${typeof value === 'string' ? value : JSON.stringify(value)}\n`);
