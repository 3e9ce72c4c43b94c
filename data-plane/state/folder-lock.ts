/**
 * One data plane per state folder: two would overwrite each other's cache and count telemetry twice. The lock is an
 * abstract Unix socket named after the folder's device and inode (Linux), so the system frees it with the process however
 * that ends. Elsewhere there is no lock.
 */
import { stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { HoldfastError } from '../../shared/errors.ts';

/** Resolves with the release; rejects with DATA_PLANE_STATE_FOLDER_IN_USE. The folder must exist. */
export async function lockFolder(folder: string): Promise<() => void> {
  if (process.platform !== 'linux') return () => undefined;
  const { dev, ino } = await stat(folder);
  const server = createServer((socket) => socket.destroy());
  server.unref();
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      const taken = 'code' in error && error.code === 'EADDRINUSE';
      const message = taken ? `another data plane uses the state folder ${folder}; stop it, or set HOLDFAST_STATE_FOLDER to a folder of its own` : `the state folder ${folder} can't be locked: ${error.message}`;
      reject(new HoldfastError({ code: 'DATA_PLANE_STATE_FOLDER_IN_USE', source: 'gateway', publicMessage: 'the state folder is in use', message, cause: error }));
    });
    server.listen(`\0holdfast-data-plane-${dev}-${ino}`, resolve);
  });
  return () => server.close();
}
