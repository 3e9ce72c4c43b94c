/**
 * Enrols thousands of data planes without an HTTP request each: certificates signed by the installation's own authority, rows inserted in bulk.
 * What is stored is what enrolment stores, but for the join token and the audit row. Keys are shared by groups, certificates by nobody.
 */
import 'reflect-metadata';
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { PublicKey } from '@peculiar/x509';
import { defined } from '../../shared/assert.ts';
import { newId, type DataPlaneId } from '../../shared/model/ids.ts';
import { generateDataPlaneKey } from '../../shared/trust/certificate-request.ts';
import type { FleetInstallation } from './fleet-installation.ts';
import type { SimulatedIdentity } from './simulator-messages.ts';

/** Data planes that share a private key. */
const GROUP = 50;
const AT_ONCE = 500;
const LIFETIME_MS = 30 * 86_400_000;
const REGIONS = ['eu-west', 'us-east', 'ap-south'];

/** `urlsOf` says where the nth data plane connects, in order of preference. */
export async function enrolFleet(installation: Pick<FleetInstallation, 'scope' | 'authority' | 'trustDomain' | 'query'>, count: number, urlsOf: (index: number) => readonly string[]): Promise<readonly SimulatedIdentity[]> {
  const { authority, trustDomain } = installation;
  // Without what may be done with it: identities are sent to other processes.
  const { tenantId, gatewayId } = installation.scope;
  const nowMs = Date.now();
  const enrolled: SimulatedIdentity[] = [];
  for (let begin = 0; begin < count; begin += AT_ONCE) {
    const indices = Array.from({ length: Math.min(AT_ONCE, count - begin) }, (_, index) => begin + index);
    const keys = new Map(indices.filter((index) => index % GROUP === 0).map((index) => [index / GROUP, newKey()]));
    // Together, because each waits for the thread pool several times.
    const rows = await Promise.all(indices.map(async (index) => {
      const { privateKeyPem, publicKey } = defined(keys.get(Math.floor(index / GROUP)), 'the key of the group');
      const identity = { trustDomain, tenantId, gatewayId, dataPlaneId: newId<DataPlaneId>() };
      const { chainPem, serial, fingerprint, notAfter } = await authority.signDataPlane({ publicKey, identity, nowMs, lifetimeMs: LIFETIME_MS });
      enrolled[index] = { identity, privateKeyPem, certificatePem: chainPem, urls: urlsOf(index) };
      const labels = JSON.stringify({ region: REGIONS[index % REGIONS.length] });
      return { id: identity.dataPlaneId, labels, serial, fingerprint: Buffer.from(fingerprint).toString('hex'), notAfter: notAfter.toISOString() };
    }));
    await installation.query(
      `INSERT INTO holdfast.data_planes (tenant_id, gateway_id, id, hostname, labels, certificate_serial, certificate_fingerprint, certificate_not_after)
       SELECT $1::uuid, $2::uuid, r.id, 'simulated', r.labels, r.serial, decode(r.fingerprint, 'hex'), r."notAfter"
       FROM json_to_recordset($3::json) AS r (id uuid, labels jsonb, serial text, fingerprint text, "notAfter" timestamptz)`,
      [tenantId, gatewayId, JSON.stringify(rows)],
    );
  }
  return enrolled;
}

function newKey(): { readonly privateKeyPem: string; readonly publicKey: PublicKey } {
  const privateKeyPem = generateDataPlaneKey();
  return { privateKeyPem, publicKey: new PublicKey(createPublicKey(createPrivateKey(privateKeyPem)).export({ type: 'spki', format: 'der' })) };
}
