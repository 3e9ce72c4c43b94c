import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HoldfastError } from '../../shared/errors.ts';
import { createMemoryLogger } from '../../shared/log.ts';
import { checkHandles, chooseSocketIo } from './handle-check.ts';

/** Node's own internal modules, with one of them changed. */
function changed(name: string, change: (module: Record<string, unknown>) => Record<string, unknown>): (asked: string) => unknown {
  return (asked) => {
    const binding: unknown = Reflect.get(process, 'binding');
    assert.ok(typeof binding === 'function');
    const module: unknown = Reflect.apply(binding, process, [asked]);
    return asked === name ? change(Object.fromEntries(Object.entries(Object(module)))) : module;
  };
}

test('the handles of the pinned Node pass the check', async () => {
  assert.equal(await checkHandles(), undefined);
  assert.equal(await chooseSocketIo('auto', createMemoryLogger('test').log), 'handle');
});

test('without the internal modules, or with others, the documented API is used and the log says why', async () => {
  const refused = (): never => {
    throw new Error('Access to this API has been restricted');
  };
  for (const modules of [refused, () => undefined, changed('stream_wrap', (module) => ({ ...module, WriteWrap: undefined })), changed('tcp_wrap', (module) => ({ ...module, TCP: class {} }))]) {
    const { log, lines } = createMemoryLogger('test');
    assert.equal(await chooseSocketIo('auto', log, modules), 'documented');
    assert.match(lines().join('\n'), /socket-io-documented/);
  }
});

test('handles that behave differently are found out', async () => {
  // The two places swapped: every read looks empty, and every write as if it were done.
  const swapped = changed('stream_wrap', (module) => ({ ...module, kReadBytesOrError: module['kLastWriteWasAsync'], kLastWriteWasAsync: module['kReadBytesOrError'] }));
  assert.notEqual(await checkHandles(swapped), undefined);
});

test('handles that were demanded and do not work end the start', async () => {
  await assert.rejects(chooseSocketIo('handle', createMemoryLogger('test').log, () => undefined), (thrown: unknown) => thrown instanceof HoldfastError && thrown.code === 'SOCKET_IO_UNUSABLE');
  assert.equal(await chooseSocketIo('documented', createMemoryLogger('test').log, () => undefined), 'documented');
});
