/**
 * Loaded into a data plane (`--import`) to make a configuration deadly: once its proxy serves the poisoned path, the process
 * is killed after a while, as by a defect that a configuration brings out late. Everything else in it is as released.
 */
import { request } from 'node:http';
import { isMainThread } from 'node:worker_threads';

const LOOK_EVERY_MS = 100;
const { FAULTS_POISON_PATH: path = '/', FAULTS_POISON_AFTER_MS: afterMs = '0', HOLDFAST_PROXY_LISTEN: address = '' } = process.env;

if (isMainThread) {
  const port = Number(address.slice(address.lastIndexOf(':') + 1));
  const timer = setInterval(() => {
    const asked = request({ host: '127.0.0.1', port, path, agent: false }, (answer) => {
      answer.resume();
      if (answer.statusCode !== 200) return;
      clearInterval(timer);
      setTimeout(() => process.kill(process.pid, 'SIGKILL'), Number(afterMs));
    });
    asked.on('error', () => undefined);
    asked.end();
  }, LOOK_EVERY_MS);
}
