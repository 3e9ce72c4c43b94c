/**
 * Rules on settings that their types can't say, checked once at the start, so that a slip shows before anything depends
 * on it. Called by agent.ts.
 */
import { HoldfastError } from '../shared/errors.ts';
import { isControlPlaneUrl } from '../shared/trust/join-token.ts';
import { TrustedAddresses } from './proxy/client-address.ts';
import type { DataPlaneSettings } from './settings.ts';

/** Throws DATA_PLANE_SETTING_INVALID or PROXY_TRUSTED_ADDRESS_INVALID, naming the setting or its value and the way out. */
export function checkSettings({ controlPlaneUrls, controlPlaneProxy, trustedIps }: DataPlaneSettings): void {
  const wrong = controlPlaneUrls?.find((url) => !isControlPlaneUrl(url));
  if (wrong !== undefined) throw invalid(`HOLDFAST_CONTROL_PLANE_URLS has "${wrong}"; write each as https://host:port, without path, user or trailing slash`);
  if (controlPlaneUrls?.length === 0) throw invalid('HOLDFAST_CONTROL_PLANE_URLS names none; leave it out to use those of the join token');
  // Not quoted: it may hold a password.
  if (controlPlaneProxy !== undefined && !isProxyUrl(controlPlaneProxy)) throw invalid('HOLDFAST_CONTROL_PLANE_PROXY must be http://[user:password@]host:port');
  // What it throws names the address.
  new TrustedAddresses(trustedIps).includes('127.0.0.1');
}

function isProxyUrl(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url !== undefined && url.protocol === 'http:' && url.hostname !== '' && (url.pathname === '/' || url.pathname === '') && url.search === '';
}

function invalid(message: string): HoldfastError {
  return new HoldfastError({ code: 'DATA_PLANE_SETTING_INVALID', source: 'gateway', publicMessage: 'a setting of the data plane is not valid', message });
}
