/**
 * Refusals of a configuration that may pass by themselves: the whole is sent where a change did not fit, and a disk may have
 * room again. All others stand until there is a newer version. Used where somebody waits for a fleet, or worries about it.
 */
export const PASSING_REFUSALS = [
  'CONFIG_NOT_PERSISTED', 'TRANSFER_BASE_MISMATCH', 'TRANSFER_LENGTH_MISMATCH', 'TRANSFER_HASH_MISMATCH', 'TRANSFER_INFLATE_FAILED', 'TRANSFER_ROOT_MISMATCH', 'TRANSFER_CONTENT_MALFORMED',
] as const;

/** The same as an SQL array. */
export const PASSING_REFUSALS_SQL = `'{${PASSING_REFUSALS.join(',')}}'`;
