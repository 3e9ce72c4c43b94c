/**
 * The whole terminal, for a command that draws on it: the other screen buffer, keys as they are pressed, its size. Whatever happens,
 * the terminal is given back as it was. Opened by top.ts; tests have one of their own.
 */
import { stdin, stdout } from 'node:process';
import { processTerminal } from './terminal.ts';

export interface Screen {
  readonly columns: () => number;
  readonly rows: () => number;
  readonly colours: boolean;
  /** All of the screen, a line each; what is beyond its size is left out. */
  readonly draw: (lines: readonly string[]) => void;
  /** Keys as text; Ctrl-C and the signals that end a process come as `q`. */
  readonly onKey: (listener: (key: string) => void) => void;
  readonly onResize: (listener: () => void) => void;
  /** Idempotent. */
  readonly close: () => void;
}

/** Lines that are too long, as those with characters of two columns may be, are cut instead of wrapped. */
const OTHER_BUFFER = '\u001b[?1049h\u001b[?25l\u001b[?7l';
const USUAL_BUFFER = '\u001b[?7h\u001b[?25h\u001b[?1049l';
const HOME = '\u001b[H';
const TO_END_OF_LINE = '\u001b[K';
const TO_END_OF_SCREEN = '\u001b[J';
const CTRL_C = '\u0003';
/** What terminals send for keys without a character: `ESC [ 5 ~`, `ESC O P`. */
const KEY_SEQUENCE = new RegExp(`${String.fromCharCode(27)}(?:\\[[0-9;]*[ -/]*[@-~]|O[@-~]|)`, 'g');

/** Characters that were typed; Ctrl-C as `q`. Arrows, page up and their like are none of ours. */
export function keysIn(data: Buffer): readonly string[] {
  return Array.from(data.toString('utf8').replaceAll(KEY_SEQUENCE, ''), (key) => (key === CTRL_C ? 'q' : key));
}

/** Undefined where there is no terminal on both sides. */
export function openScreen(): Screen | undefined {
  if (!stdin.isTTY || !stdout.isTTY || process.env['TERM'] === 'dumb') return undefined;
  const listeners = new Set<(key: string) => void>();
  const tell = (key: string): void => listeners.forEach((listener) => listener(key));
  const onData = (data: Buffer): void => {
    for (const key of keysIn(data)) tell(key);
  };
  const onSignal = (): void => tell('q');
  const restore = (): void => void stdout.write(USUAL_BUFFER);
  stdin.setRawMode(true).resume().on('data', onData);
  process.on('SIGTERM', onSignal).on('SIGHUP', onSignal).on('exit', restore);
  stdout.write(OTHER_BUFFER);
  let isOpen = true;
  return {
    columns: () => stdout.columns, rows: () => stdout.rows, colours: processTerminal().colours,
    draw: (lines) => {
      if (isOpen) stdout.write(`${HOME}${lines.slice(0, stdout.rows).map((line) => line + TO_END_OF_LINE).join('\r\n')}${TO_END_OF_SCREEN}`);
    },
    onKey: (listener) => void listeners.add(listener),
    onResize: (listener) => void stdout.on('resize', listener),
    close: () => {
      if (!isOpen) return;
      isOpen = false;
      stdin.off('data', onData).setRawMode(false).pause();
      stdout.removeAllListeners('resize');
      process.off('SIGTERM', onSignal).off('SIGHUP', onSignal).off('exit', restore);
      restore();
    },
  };
}
