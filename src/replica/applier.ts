/**
 * Brings the machine to where the log is: entries in their order, or a snapshot in the place of all.
 * The event loop gets a turn after each few milliseconds of it.
 */

import { crc32 } from "node:zlib";
import { SheafError } from "../base/error.ts";
import type { LogIndex } from "../base/ids.ts";
import type { LogEntry } from "../raft/log-entry.ts";
import type { SnapshotReader } from "../storage/snapshots/snapshot-reader.ts";
import { WorkSlice } from "./clock.ts";
import type { ReplicaParts } from "./options.ts";

const READ_BYTES = 1024 * 1024;

export class Applier {
  readonly #parts: ReplicaParts;
  /** Called after each entry. */
  readonly #onApplied: (entry: LogEntry) => void;

  constructor(parts: ReplicaParts, onApplied: (entry: LogEntry) => void) {
    this.#parts = parts;
    this.#onApplied = onApplied;
  }

  async apply(entries: readonly LogEntry[]): Promise<void> {
    const { machine, clock, limits } = this.#parts;
    const slice = new WorkSlice(clock, limits.sliceMs);
    for (const entry of entries) {
      if (entry.kind === "command") machine.apply(entry.data, entry.index);
      this.#onApplied(entry);
      if (slice.isOver) await slice.rest();
    }
  }
}

/** Puts the snapshot of an index, which is the youngest there is, in the place of the machine's state. */
export async function loadSnapshot(
  { log, machine }: Pick<ReplicaParts, "log" | "machine">,
  index: LogIndex,
): Promise<void> {
  const reader = await log.openSnapshot(index);
  if (reader === undefined) throw unreadable(index, "it is not there");
  try {
    await machine.decode(bytesOf(reader));
  } finally {
    await reader.close();
  }
}

/** Bytes that were sound when the folder was opened, or when they came in, and must still be. */
async function* bytesOf(reader: SnapshotReader): AsyncGenerator<Uint8Array> {
  const { meta, sizeBytes, checksum } = reader.snapshot;
  let sum = 0;
  for (let offset = 0; offset < sizeBytes; offset += READ_BYTES) {
    const bytes = await reader.read(offset, READ_BYTES);
    sum = crc32(bytes, sum);
    yield bytes;
  }
  if (sum !== checksum) throw unreadable(meta.index, "it does not match its checksum any more");
}

function unreadable(index: LogIndex, why: string): SheafError {
  return new SheafError(
    "DATA_FAILED",
    `Cannot load the snapshot of entry ${index}: ${why}. Check the disk ("sheaf doctor" tells what ` +
      "is damaged), and start this process again.",
    { data: { index } },
  );
}
