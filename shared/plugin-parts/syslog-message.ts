/**
 * Syslog messages (RFC 5424) about requests, for syslog and loggly: severity by status, header and structured data of which no field can
 * be broken out of. What stands in them besides the entry comes from the config and the host's name.
 */

/** As Kong's `lsyslog` names them, alphabetical. */
export const SEVERITY_NAMES = ['alert', 'crit', 'debug', 'emerg', 'err', 'info', 'notice', 'warning'] as const;
export type SeverityName = (typeof SEVERITY_NAMES)[number];

/** RFC 5424 §6.2.1; the lower, the worse. */
const SEVERITIES: Readonly<Record<SeverityName, number>> = { emerg: 0, alert: 1, crit: 2, err: 3, warning: 4, notice: 5, info: 6, debug: 7 };

export interface SeverityConfig {
  readonly log_level: SeverityName;
  readonly successful_severity: SeverityName;
  readonly client_errors_severity: SeverityName;
  readonly server_errors_severity: SeverityName;
}

/** By status: the severity as a number; undefined where the level keeps such requests out. */
export function severityByStatus(config: SeverityConfig): (status: number) => number | undefined {
  const kept = (name: SeverityName): number | undefined => (SEVERITIES[name] <= SEVERITIES[config.log_level] ? SEVERITIES[name] : undefined);
  const [successful, client, server] = [kept(config.successful_severity), kept(config.client_errors_severity), kept(config.server_errors_severity)];
  return (status) => (status >= 500 ? server : status >= 400 ? client : successful);
}

/** Printable ASCII without blanks, cut (RFC 5424 §6.2); `-` for nothing. */
export function headerField(text: string, maxLength: number): string {
  const printable = text.replace(/[^\x21-\x7e]/g, '_').slice(0, maxLength);
  return printable === '' ? '-' : printable;
}

/** `[id name="value" …]`, with what would end a value escaped (RFC 5424 §6.3.3); control characters become blanks. */
export function structuredData(id: string, parameters: readonly (readonly [name: string, value: string])[]): string {
  const pairs = parameters.map(([name, value]) => ` ${name}="${value.replace(/\p{Cc}/gu, ' ').replace(/["\\\]]/g, '\\$&')}"`);
  return `[${id}${pairs.join('')}]`;
}

export interface SyslogSource {
  /** RFC 5424 §6.2.1: 0 kern, 1 user, … 23 local7. */
  readonly facility: number;
  readonly hostname: string;
  readonly appName: string;
  readonly processId: string;
  /** As `structuredData` makes it, or `-`. */
  readonly data: string;
}

/** What makes a message of a severity, a time (epoch milliseconds) and a text. The text is the last field: it may be anything without line ends. */
export function syslogFormat({ facility, hostname, appName, processId, data }: SyslogSource): (severity: number, atMs: number, text: string) => string {
  const heads = Array.from({ length: 8 }, (_, severity) => `<${facility * 8 + severity}>1 `);
  const rest = ` ${headerField(hostname, 255)} ${headerField(appName, 48)} ${headerField(processId, 128)} - ${data} `;
  return (severity, atMs, text) => heads[severity] + new Date(atMs).toISOString() + rest + text;
}
