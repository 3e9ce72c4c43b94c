/** `(epoch, sequence)` of a gateway's configuration: strictly increasing (S4). */
export interface ConfigVersion {
  readonly epoch: number;
  readonly sequence: number;
}

/** Before anything was published: lower than every real version. */
export const NO_VERSION: ConfigVersion = { epoch: 0, sequence: 0 };

/** Negative where `a` is older than `b`, 0 where equal, positive where newer. */
export function compareVersions(a: ConfigVersion, b: ConfigVersion): number {
  return a.epoch - b.epoch || a.sequence - b.sequence;
}

/** `epoch.sequence`, as shown in logs, metrics and the admin API. */
export function formatVersion(version: ConfigVersion): string {
  return `${version.epoch}.${version.sequence}`;
}
