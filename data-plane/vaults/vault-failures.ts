/**
 * Why a secret could not be had, as errors: each says what to do and never holds a secret or an answer's text. Thrown by the
 * sources; their messages reach the log, the status page and the reasons of what is quarantined.
 */
import { HoldfastError } from '../../shared/errors.ts';

/** No vault has that prefix, and no kind of vault that name. */
export function vaultUnknown(vault: string): HoldfastError {
  return new HoldfastError({ code: 'VAULT_UNKNOWN', source: 'gateway', publicMessage: `there is no vault with the prefix '${vault}', nor a kind of vault of that name: create it, or correct the reference` });
}

/** A setting of this data plane does not allow it. */
export function vaultNotAllowed(what: string): HoldfastError {
  return new HoldfastError({ code: 'VAULT_NOT_ALLOWED', source: 'gateway', publicMessage: what });
}

/** Something is missing that nothing can be asked without. */
export function vaultConfigInvalid(what: string): HoldfastError {
  return new HoldfastError({ code: 'VAULT_CONFIG_INVALID', source: 'gateway', publicMessage: what });
}

/** No connection, no answer in time, or one that says to come back later. */
export function vaultUnreachable(what: string): HoldfastError {
  return new HoldfastError({ code: 'VAULT_UNREACHABLE', source: 'upstream', retryable: true, publicMessage: what });
}

/** The vault, or who gives credentials for it, does not let this data plane in. */
export function vaultDenied(what: string): HoldfastError {
  return new HoldfastError({ code: 'VAULT_DENIED', source: 'upstream', publicMessage: what });
}

export function vaultSecretMissing(what: string): HoldfastError {
  return new HoldfastError({ code: 'VAULT_SECRET_MISSING', source: 'upstream', publicMessage: what });
}

/** An answer, or a value, of another form or size than it can have. */
export function vaultAnswerInvalid(what: string): HoldfastError {
  return new HoldfastError({ code: 'VAULT_ANSWER_INVALID', source: 'upstream', publicMessage: what });
}

/** The last good value is older than the vault's resurrect_ttl lets it become. */
export function vaultValueExpired(why: string): HoldfastError {
  return new HoldfastError({ code: 'VAULT_VALUE_EXPIRED', source: 'upstream', publicMessage: `the last good value is older than ttl and resurrect_ttl allow, and no new one can be had: ${why}` });
}

export function tooManyReferences(most: string): HoldfastError {
  return new HoldfastError({ code: 'VAULT_TOO_MANY', source: 'gateway', publicMessage: `the configuration refers to ${most}: those beyond are left out` });
}
