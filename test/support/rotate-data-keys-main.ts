/**
 * A process that carries on rotations of data keys and nothing else, for a test that kills it in the middle. Says on standard
 * output how many rows it has looked at. Its database and key come as JSON in its first argument.
 */
import { openStore } from '../../control-plane/store/store.ts';
import { systemClock } from '../../shared/clock.ts';
import { createMemoryLogger } from '../../shared/log.ts';
import type { TenantId } from '../../shared/model/ids.ts';

interface Task {
  readonly connectionString: string;
  readonly keyEncryptionKey: string;
  readonly tenantId: TenantId;
}

const task: Task = JSON.parse(process.argv[2] ?? '');
const store = await openStore({ connectionString: task.connectionString, keyEncryptionKey: Buffer.from(task.keyEncryptionKey, 'base64'), keysKeptMs: 50, log: createMemoryLogger('rotating').log, clock: systemClock });
for (;;) {
  await store.keyRotations.step(task.tenantId);
  const [rotation] = (await store.keyRotations.list()).filter(({ tenantId }) => tenantId === task.tenantId);
  process.stdout.write(`${rotation?.phase ?? ''} ${rotation?.lookedAt ?? 0}\n`);
  if (rotation?.phase === 'done') break;
}
await store.stop();
