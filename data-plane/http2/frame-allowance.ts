/**
 * How much a client's HTTP/2 connection may say in a second without asking for anything (R5). Frames that move no message
 * forward (PRIORITY, WINDOW_UPDATE, padding, unknown types, empty DATA) cost us work and the client next to nothing; Node tells
 * of few of them, but the bytes that came and were neither head nor body are theirs. Resets, pings and settings are told
 * of and counted one by one (CVE-2023-44487, CVE-2019-9512, -9515). Pure: time is the caller's.
 */
import type { ProxyLimits } from '../http1/limits.ts';

/** What there was too much of. */
export interface Excess {
  readonly code: string;
  readonly of: string;
}

const RESETS: Excess = { code: 'HTTP2_RESET_FLOOD', of: 'resets' };
const PINGS: Excess = { code: 'HTTP2_PING_FLOOD', of: 'pings' };
const SETTINGS: Excess = { code: 'HTTP2_SETTINGS_FLOOD', of: 'settings' };
const FRAMES: Excess = { code: 'HTTP2_FRAME_FLOOD', of: 'frames that move no message' };

export class FrameAllowance {
  readonly #limits: ProxyLimits;
  #resets = 0;
  #pings = 0;
  #settings = 0;
  /** Bytes of heads and bodies, as they were worth on the wire at least. */
  #useful = 0;
  #readBefore = 0;
  #writtenBefore = 0;

  constructor(limits: ProxyLimits) {
    this.#limits = limits;
  }

  reset(): Excess | undefined {
    this.#resets += 1;
    return this.#resets > this.#limits.maxHttp2ResetsPerSecond ? RESETS : undefined;
  }

  ping(): Excess | undefined {
    this.#pings += 1;
    return this.#pings > this.#limits.maxHttp2PingsPerSecond ? PINGS : undefined;
  }

  settings(): Excess | undefined {
    this.#settings += 1;
    return this.#settings > this.#limits.maxHttp2SettingsPerSecond ? SETTINGS : undefined;
  }

  useful(bytes: number): void {
    this.#useful += bytes;
  }

  /**
   * Once a second, with what the socket has read and written in all. A client that takes much may say much: window updates
   * answer DATA. So what it may say grows with what was moved in either direction.
   */
  secondPassed(bytesRead: number, bytesWritten: number): Excess | undefined {
    const idleTalk = bytesRead - this.#readBefore - this.#useful;
    const allowed = this.#limits.maxHttp2IdleTalkBytesPerSecond + this.#useful + (bytesWritten - this.#writtenBefore);
    this.#readBefore = bytesRead;
    this.#writtenBefore = bytesWritten;
    this.#useful = 0;
    this.#resets = 0;
    this.#pings = 0;
    this.#settings = 0;
    return idleTalk > allowed ? FRAMES : undefined;
  }
}
