/**
 * `holdfast top` on a terminal: asks, draws, waits for a key or the next round. A question that fails is told on the screen and asked
 * again; one that is refused ends it. Made by top.ts.
 */
import type { Clock, TimerHandle } from '../../shared/clock.ts';
import { describeThrown, HoldfastError } from '../../shared/errors.ts';
import { formatDuration } from '../../shared/setting-types.ts';
import type { Told } from './admin-answer.ts';
import type { TopSettings } from './analytics-settings.ts';
import type { Screen } from './terminal-screen.ts';
import { terminalLine } from './terminal-text.ts';
import { askTop, type TopQuestion } from './top-question.ts';
import { completenessLines, dim, topTable, totalLine, type TopOrder, type TopView } from './top-table.ts';

const VIEW_KEYS: Readonly<Record<string, TopView>> = { r: 'route', s: 'service', c: 'consumer', t: 'target', d: 'data-plane' };
const ORDER_KEYS: Readonly<Record<string, TopOrder>> = { n: 'requests', e: 'errors', '%': 'error-rate', '5': 'p50', '9': 'p95', p: 'p99', b: 'bytes' };
const WINDOWS_MS = [10_000, 60_000, 300_000, 900_000, 3_600_000, 21_600_000, 86_400_000];
const KEYS_HELP = 'q ends │ r route  s service  c consumer  t target  d data plane │ n requests  e errors  % rate  5 p50  9 p95  p p99  b bytes │ +/- window  space holds';
/** Besides the rows: title, totals, completeness twice, two blank ones, the heading, the keys. */
const OTHER_LINES = 8;
const MOST_ROWS = 200;

export class TopScreen {
  readonly #settings: TopSettings;
  readonly #screen: Screen;
  readonly #clock: Clock;
  #question: Omit<TopQuestion, 'count'>;
  #answer: Told | undefined;
  #problem = '';
  #held = false;
  #ended = false;
  #wake: () => void = () => undefined;
  /** Of the question that is under way; another one is asked instead when a key changes it. */
  #asking: AbortController | undefined;

  constructor(settings: TopSettings, screen: Screen, clock: Clock) {
    this.#settings = settings;
    this.#screen = screen;
    this.#clock = clock;
    this.#question = { view: settings.by, order: settings.sort, windowMs: settings.window };
  }

  /** Until `q`. Throws what the admin API refuses. */
  async run(): Promise<void> {
    this.#screen.onKey((key) => this.#press(key));
    this.#screen.onResize(() => this.#draw());
    while (!this.#ended) {
      this.#draw();
      if (!this.#held || this.#answer === undefined) await this.#ask();
      this.#draw();
      if (!this.#ended) await this.#wait();
    }
  }

  async #ask(): Promise<void> {
    const asking = new AbortController();
    this.#asking = asking;
    const question = this.#question;
    try {
      const answer = await askTop(this.#settings, { ...question, count: Math.min(MOST_ROWS, Math.max(1, this.#screen.rows() - OTHER_LINES)) }, asking.signal);
      if (question === this.#question) [this.#answer, this.#problem] = [answer, ''];
    } catch (thrown) {
      if (asking.signal.aborted) return;
      if (!(thrown instanceof HoldfastError) || !thrown.retryable) throw thrown;
      this.#problem = describeThrown(thrown);
    }
  }

  #press(key: string): void {
    const [view, order] = [Object.hasOwn(VIEW_KEYS, key) ? VIEW_KEYS[key] : undefined, Object.hasOwn(ORDER_KEYS, key) ? ORDER_KEYS[key] : undefined];
    if (key === 'q') this.#ended = true;
    else if (key === ' ') this.#held = !this.#held;
    else if (view !== undefined) this.#change({ view });
    else if (order !== undefined) this.#change({ order });
    else if (key === '+') this.#change({ windowMs: WINDOWS_MS.find((ms) => ms > this.#question.windowMs) ?? this.#question.windowMs });
    else if (key === '-') this.#change({ windowMs: WINDOWS_MS.findLast((ms) => ms < this.#question.windowMs) ?? this.#question.windowMs });
    else return;
    if (this.#ended) this.#asking?.abort();
    this.#wake();
  }

  /** What is on the screen answers another question from now on. */
  #change(change: Partial<Omit<TopQuestion, 'count'>>): void {
    this.#question = { ...this.#question, ...change };
    this.#answer = undefined;
    this.#asking?.abort();
  }

  #wait(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer: TimerHandle = this.#clock.after(this.#settings.refresh, resolve, { keepAlive: true });
    this.#wake = resolve;
    // A key while the question was under way is answered at once.
    if (this.#answer === undefined && this.#problem === '') resolve();
    return promise.finally(() => {
      timer.cancel();
      this.#wake = () => undefined;
    });
  }

  #draw(): void {
    const { colours } = this.#screen;
    const [width, height] = [this.#screen.columns(), this.#screen.rows()];
    const { view, order, windowMs } = this.#question;
    const fit = (line: string): string => line.slice(0, width);
    // What may be cut off stands last.
    const title = `${view.replace('-', ' ')}s by ${order.replace('-', ' ')}, last ${formatDuration(windowMs)}${this.#held ? ' (held)' : ''}, every ${formatDuration(this.#settings.refresh)}  ${this.#settings.gateway} at ${this.#settings.adminUrl}`;
    const body = this.#answer === undefined
      ? ['', this.#problem === '' ? 'asking…' : '']
      : [fit(totalLine(this.#answer, view)), ...completenessLines(this.#answer).map((line) => dim(fit(line), colours)), '', ...topTable(this.#answer, { view, order, width, colours })];
    const lines = [fit(terminalLine(title)), ...(this.#problem === '' ? [] : [fit(terminalLine(`${this.#problem}; trying on`))]), ...body].slice(0, height - 1);
    while (lines.length < height - 1) lines.push('');
    this.#screen.draw([...lines, dim(fit(KEYS_HELP), colours)]);
  }
}
