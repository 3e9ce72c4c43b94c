/**
 * Every command that is no plane: its words, its settings, what it does. A new command is a file of its own and an entry here;
 * help, SETTINGS.md and the known variables follow (bin/holdfast.js must know the first word). Dispatched by main.ts.
 */
import { systemClock } from '../../shared/clock.ts';
import { KNOWN_VARIABLES } from '../../shared/known-variables.ts';
import { parseSettings, type SettingDefinitions, type Settings, type SettingSources } from '../../shared/settings.ts';
import { renderHelp } from '../../shared/settings-table.ts';
import { listDataPlanes } from './data-planes.ts';
import { explain } from './explain.ts';
import { createJoinToken, type Output } from './join-token.ts';
import { publish } from './publish.ts';
import { dataPlanesSettings, explainSettings, joinTokenSettings, publishSettings } from './settings.ts';

export interface Command {
  /** One word, or two: what it is about and what to do. */
  readonly name: string;
  /** For the overview; a few words. */
  readonly about: string;
  readonly settings: SettingDefinitions;
  readonly help: () => string;
  /** The exit code; undefined is 0. Throws what is wrong use. */
  readonly run: (sources: SettingSources, output: Output) => Promise<number | undefined>;
}

interface CommandOptions<T extends SettingDefinitions> extends Pick<Command, 'name' | 'about'> {
  /** What stands behind `holdfast` in the first line of its help; `<name> [settings]` where not given. */
  readonly usage?: string;
  /** Whole sentences. */
  readonly summary: string;
  readonly settings: T;
  readonly run: (settings: Settings<T>, output: Output) => Promise<number | void>;
}

function command<const T extends SettingDefinitions>({ name, about, usage, summary, settings, run }: CommandOptions<T>): Command {
  return {
    name, about, settings,
    help: () => renderHelp(settings, { usage: `holdfast ${usage ?? `${name} [settings]`}`, summary }),
    run: async (sources, output) => (await run(parseSettings(settings, sources, KNOWN_VARIABLES), output)) ?? undefined,
  };
}

/** In the order of the overview. */
export const COMMANDS: readonly Command[] = [
  command({
    name: 'join-token create', about: 'let a new data plane into a gateway', settings: joinTokenSettings, run: createJoinToken,
    summary: 'Creates a join token through the admin API and prints it. A data plane that starts with it joins the gateway and gets its certificate.',
  }),
  command({
    name: 'data-planes list', about: 'list the data planes of a gateway', settings: dataPlanesSettings, run: listDataPlanes,
    summary: 'Lists the data planes of a gateway: who is connected, which version each serves, what it refused.',
  }),
  command({
    name: 'publish', about: 'tell how far a change has got; with --wait, wait for it', settings: publishSettings, run: (settings, output) => publish(settings, output, systemClock),
    usage: 'publish [--wait --selector region=eu-west --quorum 99% --timeout 30s] [settings]',
    summary: 'Tells how many data planes have applied the last change, or a version. Exit codes: 0 the quorum has it (without --wait: it was told); 1 wrong use; 2 not in time; 3 too many refused it or fell back; 4 no data plane is selected; 5 the admin API does not answer or does not allow it.',
  }),
  command({
    name: 'explain', about: 'tell what would become of a request, and why', settings: explainSettings, run: explain,
    usage: 'explain --url https://… [settings]',
    summary: 'Asks a data plane what would become of a request: which route and why not the others, which plugins in which order, which target.',
  }),
];
