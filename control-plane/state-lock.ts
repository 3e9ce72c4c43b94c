/**
 * One control plane per state folder: two would share keys and stop each other's database. Held by a socket that the
 * kernel takes back however the process ends, so that a killed one (-9) leaves nothing to clean up. Called by
 * start-control-plane.ts before anything in the folder is touched.
 */
import { createHash } from 'node:crypto';
import { realpathSync, rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HoldfastError } from '../shared/errors.ts';

export interface StateLock {
  release(): Promise<void>;
}

/** Throws CONTROL_PLANE_STATE_IN_USE where another process has it. */
export async function lockStateFolder(stateFolder: string): Promise<StateLock> {
  const name = `holdfast-${createHash('sha256').update(realpathSync(stateFolder)).digest('hex').slice(0, 32)}`;
  // Linux has names without files; elsewhere a dead owner's file is removed.
  const path = process.platform === 'linux' ? `\0${name}` : join(tmpdir(), `${name}.sock`);
  const server = (await listen(path)) ?? (process.platform !== 'linux' && !(await answers(path)) ? await takeOver(path) : undefined);
  if (server === undefined) {
    throw new HoldfastError({
      code: 'CONTROL_PLANE_STATE_IN_USE',
      source: 'control-plane',
      publicMessage: 'the state folder is in use',
      message: `another control plane uses the state folder ${stateFolder}; stop it, or give this one a folder of its own with HOLDFAST_STATE_FOLDER`,
    });
  }
  server.unref();
  return { release: () => new Promise((resolve) => server.close(() => resolve())) };
}

/** Undefined where the name is taken. */
function listen(path: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => (error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error)));
    server.listen(path, () => resolve(server));
  });
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

function takeOver(path: string): Promise<Server | undefined> {
  rmSync(path, { force: true });
  return listen(path);
}
