/** access-records on a data plane: hands its rules to the engine, which asks them at the end of each request. No phase of its own. */
import type { PluginFactory } from '../contract.ts';
import { RecordRules } from './record-rules.ts';
import type { AccessRecordsConfig } from './schema.ts';

export const accessRecordsFactory: PluginFactory<AccessRecordsConfig> = {
  name: 'access-records',
  create: (config) => ({ accessRecorder: new RecordRules(config) }),
};
