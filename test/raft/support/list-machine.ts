/**
 * A state machine for tests: the list of all commands that were applied. Its snapshot is the list as
 * JSON, so that what a member restored can be compared with what the others applied.
 */

import { hashBytes } from "../../../src/base/hash.ts";
import type { LogIndex } from "../../../src/base/ids.ts";
import { type LogEntry, NO_INDEX, type SnapshotMeta } from "../../../src/raft/log-entry.ts";
import type { StoredSnapshot } from "../../../src/raft/stored-snapshot.ts";

export interface SnapshotFile {
  readonly stored: StoredSnapshot;
  readonly bytes: Uint8Array;
}

export class ListMachine {
  commands: string[] = [];
  appliedIndex: LogIndex = NO_INDEX;

  apply(entry: LogEntry): void {
    if (entry.index !== this.appliedIndex + 1) {
      throw new Error(`Applied ${entry.index} after ${this.appliedIndex}.`);
    }
    this.appliedIndex = entry.index;
    if (entry.kind === "command") this.commands.push(new TextDecoder().decode(entry.data));
  }

  snapshot(meta: SnapshotMeta): SnapshotFile {
    const bytes = new TextEncoder().encode(JSON.stringify(this.commands));
    return { stored: { meta, sizeBytes: bytes.length, checksum: checksumOf(bytes) }, bytes };
  }

  restore({ stored, bytes }: SnapshotFile): void {
    this.commands = JSON.parse(new TextDecoder().decode(bytes)) as string[];
    this.appliedIndex = stored.meta.index;
  }
}

export function checksumOf(bytes: Uint8Array): number {
  return hashBytes(bytes, 0, bytes.length) >>> 0;
}
