/** As much of a browser as signing in needs: cookies by origin, redirects, forms. Names can lead to other addresses. */
import assert from 'node:assert/strict';

export interface Page {
  readonly url: URL;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

const MOST_REDIRECTS = 20;

export class TestBrowser {
  readonly #addresses: ReadonlyMap<string, string>;
  readonly #cookies = new Map<string, Map<string, string>>();

  /** `addresses`: origins that are really at another one. */
  constructor(addresses: ReadonlyMap<string, string> = new Map()) {
    this.#addresses = addresses;
  }

  /** The value of a cookie of an origin. */
  cookie(origin: string, name: string): string | undefined {
    return this.#cookies.get(origin)?.get(name);
  }

  cookieHeader(origin: string): string {
    return [...(this.#cookies.get(origin) ?? [])].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  /** Follows redirects up to a page, or up to an address that `until` names. */
  async go(address: string | URL, options: { readonly form?: Readonly<Record<string, string>>; readonly until?: (url: URL) => boolean } = {}): Promise<Page> {
    let url = new URL(address);
    let form = options.form;
    for (let steps = 0; steps < MOST_REDIRECTS; steps += 1) {
      if (options.until?.(url) === true) return { url, status: 0, headers: new Headers(), text: '' };
      const target = new URL(url.pathname + url.search, this.#addresses.get(url.origin) ?? url.origin);
      const response = await fetch(target, {
        redirect: 'manual', method: form === undefined ? 'GET' : 'POST', headers: { cookie: this.cookieHeader(url.origin), accept: 'text/html' },
        ...(form === undefined ? {} : { body: new URLSearchParams(form) }),
      });
      const text = await response.text();
      this.#keep(url.origin, response.headers.getSetCookie());
      const location = response.headers.get('location');
      if (location === null) return { url, status: response.status, headers: response.headers, text };
      url = new URL(location, url);
      form = undefined;
    }
    return assert.fail(`redirected in a circle at ${url.href}`);
  }

  #keep(origin: string, setCookies: readonly string[]): void {
    const own = this.#cookies.get(origin) ?? new Map<string, string>();
    this.#cookies.set(origin, own);
    for (const line of setCookies) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (name === undefined || value === undefined) continue;
      if (value === '' || /max-age=0\b/i.test(line)) own.delete(name);
      else own.set(name, value);
    }
  }
}

/** Signs in at the test provider's own pages: its form, then its question whether that is what one wants. */
export async function signInAt(browser: TestBrowser, begin: string | URL, account: string, until?: (url: URL) => boolean): Promise<Page> {
  const bound = until === undefined ? {} : { until };
  let page = await browser.go(begin, bound);
  for (let step = 0; step < 3 && /\/interaction\//.test(page.url.pathname); step += 1) {
    const action = /<form[^>]*action="([^"]+)"/.exec(page.text)?.[1] ?? assert.fail(page.text);
    const prompt = /name="prompt" value="(\w+)"/.exec(page.text)?.[1] ?? assert.fail(page.text);
    page = await browser.go(new URL(action, page.url), { form: prompt === 'login' ? { prompt, login: account, password: 'any' } : { prompt }, ...bound });
  }
  return page;
}
