/** Holdfast for the protocol bench: a real data plane with a certificate from a real control plane, which is then stopped. */
import { stopControlPlaneAndPin, startBenchInstallation } from './holdfast.ts';
import type { ProtocolContender, ProtocolOptions } from './protocol-contender.ts';

export async function startProtocolHoldfast({ origins, cpu, certificate }: ProtocolOptions): Promise<ProtocolContender> {
  const installation = await startBenchInstallation();
  const { admin, ports } = installation;
  try {
    await admin.send('POST', '/certificates', { cert: certificate.certPem, key: certificate.keyPem, snis: ['localhost', '*'] });
    await admin.send('PUT', '/services/origin', { url: `http://127.0.0.1:${origins.http}/` });
    await admin.send('PUT', '/services/origin/routes/everything', { paths: ['/'] });
    await admin.send('PUT', '/services/socket', { url: `http://127.0.0.1:${origins.webSocket}/` });
    await admin.send('PUT', '/services/socket/routes/socket', { paths: ['/ws'] });
    await admin.send('PUT', '/services/grpc', { url: `grpc://127.0.0.1:${origins.grpc}` });
    await admin.send('PUT', '/services/grpc/routes/grpc', { protocols: ['grpc', 'grpcs'], paths: ['/bench.Echo'] });
    const running = await stopControlPlaneAndPin(installation, cpu, '/small');
    return { ...running, ports: { plain: ports.euWest.proxy, tls: ports.euWest.proxyTls, grpc: ports.euWest.proxy } };
  } catch (thrown) {
    await installation.stop();
    throw thrown;
  }
}
