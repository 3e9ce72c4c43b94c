/** What a command may do where somebody sits in front of it: colours, and questions. Injected, so that tests answer them. */
import { stdin, stdout } from 'node:process';
import { createInterface } from 'node:readline/promises';

export interface Terminal {
  readonly colours: boolean;
  /** Undefined where nobody can be asked. */
  readonly ask: ((question: string) => Promise<boolean>) | undefined;
}

/** Of this process. Colours as https://no-color.org has it. */
export function processTerminal(environment: Readonly<Record<string, string | undefined>> = process.env): Terminal {
  const colours = stdout.isTTY && (environment['NO_COLOR'] ?? '') === '' && environment['TERM'] !== 'dumb';
  return { colours, ask: stdin.isTTY && stdout.isTTY ? askPerson : undefined };
}

async function askPerson(question: string): Promise<boolean> {
  const lines = createInterface({ input: stdin, output: stdout });
  try {
    return /^y(es)?$/i.test((await lines.question(`${question} [y/N] `)).trim());
  } finally {
    lines.close();
  }
}
