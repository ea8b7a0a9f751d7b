/**
 * What the storage is asked to make durable at once: what the consensus core hands out, as it is, or
 * any part of it.
 */

import type { Persist } from "../raft/ready.ts";
import { recordBytes } from "./record/record.ts";

/** Done in the order that ready.ts gives: vote, chunks, snapshot, truncation, entries, recovery. */
export type PersistRequest = Partial<Persist>;

/** What a request takes of the log. */
export function requestBytes({ entries = [], truncateFrom }: PersistRequest): number {
  const cut = truncateFrom === undefined ? 0 : recordBytes(0);
  return entries.reduce((bytes, { data }) => bytes + recordBytes(data.length), cut);
}
