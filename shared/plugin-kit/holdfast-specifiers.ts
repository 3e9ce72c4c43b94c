/**
 * Lets the tests of a custom plugin import `holdfast/plugin-kit/…` and `holdfast/plugins/…` wherever the plugin lies: loaded into
 * their process by `holdfast plugin test` (node --import). Plugins themselves import types alone, which do not exist at run time.
 */
import { registerHooks } from 'node:module';

const FOLDERS: ReadonlyMap<string, URL> = new Map([['plugins', new URL('../plugins/', import.meta.url)], ['plugin-kit', new URL('./', import.meta.url)]]);

registerHooks({
  resolve(specifier, context, next) {
    const [, folder = '', file = ''] = /^holdfast\/([a-z-]+)\/([a-z0-9-]+)$/.exec(specifier) ?? [];
    const base = FOLDERS.get(folder);
    return base === undefined ? next(specifier, context) : { url: new URL(`${file}.ts`, base).href, shortCircuit: true };
  },
});
