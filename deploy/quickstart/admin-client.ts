/** The few admin API calls that quickstart and self-check make. Plain HTTP on loopback, no token: development mode. */
import { request } from 'undici';

export interface DataPlaneStatus {
  readonly id: string;
  readonly connected: boolean;
  readonly labels: Readonly<Record<string, string>>;
}

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

/** One GET; status 0 with the reason as body where nothing answers. */
export async function get(url: string): Promise<HttpAnswer> {
  try {
    const { statusCode, body } = await request(url, { headersTimeout: 5000, bodyTimeout: 5000 });
    return { status: statusCode, body: await body.text() };
  } catch (thrown) {
    return { status: 0, body: thrown instanceof Error ? thrown.message : String(thrown) };
  }
}

export class AdminClient {
  readonly base: string;

  constructor(port: number) {
    this.base = `http://127.0.0.1:${port}`;
  }

  /** Sends JSON; throws with the answer's text where it is no 2xx. */
  async send(method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, document?: unknown): Promise<unknown> {
    const { statusCode, body } = await request(this.base + path, {
      method,
      headers: document === undefined ? {} : { 'content-type': 'application/json' },
      body: document === undefined ? null : JSON.stringify(document),
    });
    const text = await body.text();
    if (statusCode >= 300) throw new Error(`${method} ${path} answered ${statusCode}: ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  }

  async read(path: string): Promise<unknown> {
    const { status, body } = await get(this.base + path);
    if (status !== 200) throw new Error(`GET ${path} answered ${status}: ${body}`);
    return JSON.parse(body);
  }
}
