/** Stands for `jq -r` where there is none: paths of names and `[]` alone. */
const [, filter = '.'] = process.argv.slice(2);
let text = '';
for await (const piece of process.stdin) text += piece;
let values = [JSON.parse(text)];
for (const [, name, every] of filter.matchAll(/\.([a-z_]+)|(\[\])/g)) values = values.flatMap((value) => (every === undefined ? [value?.[name]] : value));
for (const value of values) process.stdout.write(`${typeof value === 'string' ? value : JSON.stringify(value)}\n`);
