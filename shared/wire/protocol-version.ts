/**
 * The version of the wire protocol and its dated history. Whoever changes proto/sync.proto or proto/telemetry.proto adds a
 * line here; protocol-version.test.ts compares the files with the newest line's hash and says so. The number rises only where
 * the other side must know; what old readers may skip is a line with the same number.
 */
export interface ProtocolChange {
  readonly version: number;
  readonly date: string;
  readonly change: string;
  /** SHA-256 over both files without comments and white space (protocol-version.test.ts), lower-case hex. */
  readonly hash: string;
}

/** Oldest first. */
export const PROTOCOL_HISTORY: readonly [ProtocolChange, ...ProtocolChange[]] = [
  { version: 1, date: '2026-11-21', change: 'first version', hash: 'acd0cbbe4e9bcb9d97186665112043ec44498de7259214276e64645356d3aed2' },
  { version: 2, date: '2026-11-21', change: 'a control plane asks questions (explain), a data plane answers', hash: 'f1afa84ea0147319ecf81b090e39029680e88669593675a155b10eb0b929d683' },
  { version: 3, date: '2026-11-21', change: 'Trust and Notice frames; cut transfers are resumed; counts per configuration version; Hello proves what it accepted', hash: '689c8ac483d24ee8c726654c0c52069f56277e4967d3066b9cf4e0a62391e6af' },
  { version: 3, date: '2026-11-22', change: 'Health frames: how the targets of upstreams are', hash: '8b3d395701238f518365d0ba0b0f2788bd7573bed6af2813206f1ad87d478938' },
  { version: 4, date: '2026-11-22', change: 'Counts frames, both ways: data planes share the counts of limits', hash: '351051c35c861dd750be8afd14c7a361277629dd16899a0fe910765a6b28d14c' },
  { version: 4, date: '2026-11-22', change: 'CachePurges frames: what operators emptied of the caches of plugins', hash: '8f66d6a11af2c698f9d6167f261dc6fc42626686649a0a2432498c1d2424480d' },
  { version: 4, date: '2026-11-22', change: 'Hello tells the hash of custom plugins', hash: '5232b6c6dd8554a7eb2985083aba38229dd44776d8bad3c1cd6ef1ab9cf75d3e' },
  { version: 4, date: '2026-11-22', change: 'telemetry: latencies, targets, failures by route and version, vitals; batches of access records', hash: '427e280a3ddfe0664033a368638ceca322fb0f9fde4201d25db8216b5630138d' },
];

/** What we speak; sent in Hello and Welcome. */
export const PROTOCOL_VERSION = Math.max(...PROTOCOL_HISTORY.map((entry) => entry.version));
/** The oldest version of the other side that we still understand. */
export const OLDEST_PROTOCOL_VERSION = 1;
