/**
 * Tells every control-plane instance of committed changes: NOTIFY on a connection of its own, and a poll every second as
 * a safety net. The truth is `sequence > mine`: a notification only says where to look.
 */
import type { ConfigVersion } from '../../shared/model/version.ts';
import type { GatewayScope } from './scope.ts';

export interface ChangeListener {
  /** The gateway's head moved to `head`; also called once per gateway at the start. Must not throw. */
  readonly onHead: (scope: GatewayScope, head: ConfigVersion) => void;
  /** Labels, revocations or certificates of the gateway's data planes changed: read them again. */
  readonly onDataPlanesChanged: (scope: GatewayScope) => void;
  /** The gateway was deleted. */
  readonly onGatewayDeleted: (scope: GatewayScope) => void;
}

export interface ChangeFeed {
  stop(): Promise<void>;
}
