/**
 * AWS Signature Version 4 of one request (docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html), for
 * the few calls of aws-source.ts and aws-credentials.ts: no query, all given headers signed.
 */
import { createHash, createHmac } from 'node:crypto';

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of temporary credentials. */
  readonly sessionToken: string | undefined;
}

export interface AwsRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface SigningPlace {
  readonly region: string;
  readonly service: string;
  readonly nowMs: number;
}

/** The headers to send: those given, `host`, the time and the signature. */
export function signAws({ method, url, headers, body }: AwsRequest, { accessKeyId, secretAccessKey, sessionToken }: AwsCredentials, { region, service, nowMs }: SigningPlace): Readonly<Record<string, string>> {
  const { host, pathname } = new URL(url);
  const time = new Date(nowMs).toISOString().replaceAll(/[-:]|\.\d{3}/g, '');
  const date = time.slice(0, 8);
  const signed: Readonly<Record<string, string>> = { ...headers, host, 'x-amz-date': time, ...(sessionToken === undefined ? {} : { 'x-amz-security-token': sessionToken }) };
  const names = Object.keys(signed).toSorted();
  const canonical = [method, pathname, '', ...names.map((name) => `${name}:${(signed[name] ?? '').trim()}`), '', names.join(';'), sha256(body)].join('\n');
  const scope = `${date}/${region}/${service}/aws4_request`;
  const toSign = ['AWS4-HMAC-SHA256', time, scope, sha256(canonical)].join('\n');
  const key = [date, region, service, 'aws4_request'].reduce<Uint8Array>((from, part) => hmac(from, part), Buffer.from(`AWS4${secretAccessKey}`));
  const signature = hmac(key, toSign).toString('hex');
  return { ...signed, authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}` };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function hmac(key: Uint8Array, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
