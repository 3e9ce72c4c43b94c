import { test, type TestContext } from 'node:test';
import assert from 'node:assert/strict';
import { appendFileSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { newId } from '../../shared/model/ids.ts';
import { decodeRecordBatch, type RecordBatch } from '../../shared/wire/access-record-codec.ts';
import { accessRecord } from '../../test/support/access-record.ts';
import { memoryLog } from '../../test/support/memory-log.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { ALONE_BATCH_MS, BATCH_MS, RecordAgent, type RecordDrop } from './record-agent.ts';
import { BUNCH_MS, MAX_OUTSTANDING_BYTES, RecordOutbox } from './record-outbox.ts';
import type { SpooledBatch } from './spool.ts';

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-records-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
