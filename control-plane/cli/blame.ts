/**
 * `holdfast blame`: from a request that went wrong to the configuration that it ran on: release, author, what that changed of what served
 * the request, and whether the errors came with it. As the admin API words it.
 */
import { AdminRefusal, get, getText } from './admin-client.ts';
import { blameSettings, type BlameSettings } from './analytics-settings.ts';
import { command, type Command, type Output } from './command.ts';
import { terminalJson, terminalLine, terminalLines } from './terminal-text.ts';

/** There is no record of the request: not chosen by the rules, dropped, too old, or another gateway's. */
const NOT_RECORDED = 2;

export const BLAME_COMMAND: Command = command({
  name: 'blame', about: 'from a request to the configuration it ran on, and whose that was', settings: blameSettings, words: { least: 1, most: 1 }, run: blame,
  usage: 'blame REQUEST-ID [settings]',
  summary: 'Tells of a request, by its X-Kong-Request-Id: on which version of the configuration it ran, in which release that was published and by whom, what the release changed, when what served the request was changed last, and how many requests of the route failed under this version and the one before. Exit codes: 0 told; 1 wrong use or refused; 2 there is no record of the request.',
});

async function blame(settings: BlameSettings, output: Output, [requestId = '']: readonly string[]): Promise<number> {
  const path = `/${encodeURIComponent(settings.gateway)}/v1/requests/${encodeURIComponent(requestId)}/blame`;
  try {
    if (settings.json) output.out(terminalJson(await get(settings, path)));
    else output.out(terminalLines((await getText(settings, `${path}?format=text`)).trimEnd()));
    return 0;
  } catch (thrown) {
    if (!(thrown instanceof AdminRefusal) || thrown.answer['error'] !== 'ADMIN_REQUEST_NOT_RECORDED') throw thrown;
    output.err(terminalLine(`holdfast: ${thrown.message}`));
    return NOT_RECORDED;
  }
}
