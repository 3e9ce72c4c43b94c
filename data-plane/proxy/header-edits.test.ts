import assert from 'node:assert/strict';
import { test } from 'node:test';
import { headerProblem } from '../../shared/plugin-parts/editable-header.ts';
import { KNOWN } from '../http1/header-names.ts';
import { HeaderEdits } from './header-edits.ts';

test('the last edit of a name counts, in whatever case it is written', () => {
  const edits = new HeaderEdits();
  edits.set('X-A', '1');
  edits.set('x-a', '2');
  edits.set('Host', 'b');
  edits.set('X-B', '3');
  edits.remove('x-b');
  assert.equal(edits.lines('host'), 'x-a: 2\r\n');
  assert.deepEqual([edits.value('x-a'), edits.value('x-b'), edits.touches('x-b'), edits.touches('x-c')], ['2', undefined, true, false]);
});

test('values are sent as latin1 where they fit, else as UTF-8', () => {
  const edits = new HeaderEdits();
  edits.set('a', 'é');
  edits.set('b', 'ł');
  assert.equal(edits.lines(), `a: \u00e9\r\nb: ${Buffer.from('ł').toString('latin1')}\r\n`);
});

test('what schemas of plugins let a config name is what can be edited', () => {
  for (const [known] of KNOWN) {
    for (const name of [known, known.toUpperCase(), known.replaceAll('-', '_'), known.replace('-', '_')]) {
      for (const edit of ['write', 'remove'] as const) {
        if (headerProblem(name, edit) !== undefined) continue;
        const edits = new HeaderEdits();
        assert.doesNotThrow(() => (edit === 'write' ? edits.set(name, 'v') : edits.remove(name)), `${edit} ${name}`);
      }
    }
  }
});

test('names and values that could change the message are refused', () => {
  const edits = new HeaderEdits();
  for (const name of ['', 'a b', 'a:', 'a\r\n', 'ä', 'Content-Length', 'transfer-encoding', 'Connection', 'Keep-Alive', 'Upgrade', 'TE', 'Trailer', 'Expect', 'Content_Length', 'X_Real_IP']) {
    assert.throws(() => edits.set(name, 'v'), { code: 'PLUGIN_HEADER_INVALID' }, name);
    assert.throws(() => edits.remove(name), { code: 'PLUGIN_HEADER_INVALID' }, name);
  }
  for (const value of ['a\r\nb', 'a\nb', 'a\rb', 'a\u0000', '\u007f', '\u001b']) assert.throws(() => edits.set('x', value), { code: 'PLUGIN_HEADER_INVALID' });
  edits.set('x', 'tab\tis fine');
  assert.equal(edits.lines(), 'x: tab\tis fine\r\n');
});

test('edits of the lines that say where a request comes from are noticed, set or removed, in whatever case', () => {
  const edits = new HeaderEdits();
  edits.set('X-Consumer-ID', 'a');
  edits.remove('X-Other');
  assert.equal(edits.touchesForwarded, false);
  edits.remove('x-Real-IP');
  assert.equal(edits.touchesForwarded, true);
});

test('a list makes one line each, an empty one takes the header out, one bad value refuses them all', () => {
  const edits = new HeaderEdits();
  edits.set('X-A', ['1', '2']);
  edits.set('X-B', 'b');
  edits.set('X-B', []);
  assert.equal(edits.lines(), 'X-A: 1\r\nX-A: 2\r\n');
  assert.deepEqual([edits.value('x-a'), edits.values('x-a'), edits.values('x-b'), edits.touches('x-b'), edits.pairs()], ['1', ['1', '2'], [], true, [['X-A', '1'], ['X-A', '2']]]);
  assert.throws(() => edits.set('X-A', ['3', 'a\r\nX-C: 1']), { code: 'PLUGIN_HEADER_INVALID' });
  assert.throws(() => edits.set('Host', ['a', 'b']), { code: 'PLUGIN_HEADER_INVALID' });
  assert.deepEqual(edits.values('x-a'), ['1', '2'], 'all or nothing');
  edits.forget('x-a');
  assert.deepEqual([edits.touches('x-a'), edits.lines()], [false, '']);
});
