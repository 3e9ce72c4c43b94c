/** The quickstart's flags. Unknown ones are refused with the nearest known name. */
import { didYouMean } from '../../shared/nearest.ts';

export interface QuickstartOptions {
  /** Prove it with real requests, then stop: exit code 0 or 1. */
  readonly check: boolean;
  /** Delete the state of earlier runs first. */
  readonly fresh: boolean;
  /** Added to every port. */
  readonly portOffset: number;
  /** Instead of .holdfast/quickstart. */
  readonly stateFolder: string | undefined;
}

export const USAGE = `usage: npm run quickstart -- [--check] [--fresh] [--port-offset N] [--state-folder PATH]
  --check            prove the installation with real requests, stop, exit with 0 or 1
  --fresh            delete the state of earlier runs first, the database included
  --port-offset N    add N to every port (8000, 8001, 8005, 8007, 8010, 8017, 8443, 8453, 9000)
  --state-folder P   keep state and logs there instead of .holdfast/quickstart`;

const FLAGS = ['--check', '--fresh', '--port-offset', '--state-folder', '--help'];
const HIGHEST_OFFSET = 65_535 - 9000;

/** Throws an Error whose message is meant for the person at the terminal. */
export function parseQuickstartOptions(args: readonly string[]): QuickstartOptions | 'help' {
  let check = false;
  let fresh = false;
  let portOffset = 0;
  let stateFolder: string | undefined;
  const rest = args.flatMap((argument) => (argument.startsWith('--') && argument.includes('=') ? [argument.slice(0, argument.indexOf('=')), argument.slice(argument.indexOf('=') + 1)] : [argument]));
  for (let flag = rest.shift(); flag !== undefined; flag = rest.shift()) {
    if (flag === '--help' || flag === '-h') return 'help';
    else if (flag === '--check') check = true;
    else if (flag === '--fresh') fresh = true;
    else if (flag === '--port-offset') portOffset = parseOffset(rest.shift());
    else if (flag === '--state-folder') stateFolder = parseFolder(rest.shift());
    else throw new Error(`unknown flag ${flag}${didYouMean(flag, FLAGS)}\n${USAGE}`);
  }
  return { check, fresh, portOffset, stateFolder };
}

function parseOffset(text: string | undefined): number {
  const offset = Number(text);
  if (text === undefined || !/^\d+$/.test(text) || offset > HIGHEST_OFFSET) throw new Error(`--port-offset takes a whole number from 0 to ${HIGHEST_OFFSET}, not ${text ?? 'nothing'}`);
  return offset;
}

function parseFolder(text: string | undefined): string {
  if (text === undefined || text === '' || text.startsWith('--')) throw new Error('--state-folder takes a path');
  return text;
}
