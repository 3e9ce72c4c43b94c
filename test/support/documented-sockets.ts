/**
 * Runs suites of the proxy with sockets by Node's documented API (data-plane/http1/socket-io.ts); as they stand they run with
 * sockets by handle (handle-io.ts). Both have to pass all of them.
 */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FOLDER = new URL('../', import.meta.url);

/** So many files run them, so that none takes long. */
const PARTS = 4;

/** Registers the tests of one part, from 0, of all `proxy-*.test.ts`. */
export async function runWithDocumentedSockets(part: number): Promise<void> {
  process.env['HOLDFAST_TEST_SOCKET_IO'] = 'documented';
  const suites = readdirSync(fileURLToPath(FOLDER)).filter((name) => /^proxy-.*\.test\.ts$/.test(name)).sort();
  for (const suite of suites.filter((_, index) => index % PARTS === part)) await import(new URL(suite, FOLDER).href);
}
