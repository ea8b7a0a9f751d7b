/**
 * The term and the vote: what a member must never take back. They have a file of their own and are
 * no records of the log, because they are needed most where the log is damaged, and because the
 * log's damage must not make them uncertain.
 *
 * The file holds them twice, in two pages. A change writes the first copy and syncs, writes the
 * second and syncs, and only then may it be answered. So a crash leaves at most one copy torn, and
 * the other tells what was answered; and a sector that is lost later leaves the other copy, which is
 * not older. Whichever sound copy is younger is right. Both lost is damage, and said to be.
 *
 * The second fsync costs an election a fraction of a millisecond. The commit index changes all the
 * time and may lag, so it is not here but in the mark (mark-file.ts).
 */

import { memberId, type Term, term } from "../base/ids.ts";
import type { HardState } from "../raft/log-entry.ts";
import type { Disk, DiskFile } from "./disk/disk.ts";
import { VOTE_FILE } from "./file-names.ts";
import { type LoneReading, readLone, writeLone } from "./record/lone-record.ts";
import { placeOf } from "./record/record.ts";

const COPIES = 2;

/** A vote with its number: each change has a higher one. */
export interface Vote {
  readonly version: number;
  readonly term: Term;
  readonly votedFor: HardState["votedFor"];
}

/** What the file tells. */
export type VoteReading =
  | { readonly state: "sound"; readonly vote: Vote; readonly lostCopies: number }
  /** No copy was ever whole: the folder's creation was interrupted, or this is no file of ours. */
  | { readonly state: "absent" | "blank" | "damaged" };

export const NO_VOTE: Vote = { version: 0, term: term(0), votedFor: undefined };

/** Reads the file as it is. */
export async function readVote(disk: Disk, names: readonly string[], tag: number) {
  if (!names.includes(VOTE_FILE)) return { state: "absent" } as const;
  const file = await disk.open(VOTE_FILE, "read");
  try {
    const copies: LoneReading[] = [];
    for (let slot = 0; slot < COPIES; slot++) {
      copies.push(await readLone(file, placeOf(VOTE_FILE, tag), slot, "vote"));
    }
    return judge(copies);
  } finally {
    await file.close();
  }
}

function judge(copies: readonly LoneReading[]): VoteReading {
  const votes = copies.flatMap((copy) => (copy.state === "sound" ? [decode(copy)] : []));
  const [vote] = votes.sort((a, b) => b.version - a.version);
  if (vote !== undefined) return { state: "sound", vote, lostCopies: COPIES - votes.length };
  return { state: copies.every(({ state }) => state === "blank") ? "blank" : "damaged" };
}

function decode({ header, payload }: Extract<LoneReading, { state: "sound" }>): Vote {
  const { votedFor } = JSON.parse(payload.toString()) as { votedFor?: number };
  return {
    version: header.index,
    term: term(header.term),
    votedFor: votedFor === undefined ? undefined : memberId(votedFor),
  };
}

/** The file, open to be written. */
export class VoteFile {
  readonly #file: DiskFile;
  readonly #place: number;
  /** The highest that may be on the disk. */
  #version: number;

  private constructor(file: DiskFile, tag: number, version: number) {
    this.#file = file;
    this.#place = placeOf(VOTE_FILE, tag);
    this.#version = version;
  }

  /**
   * Opens the file, makes it if it is missing, and writes both copies. That also brings up a copy
   * that a crash has left behind, and one that was read from the page cache after an fsync of the
   * process before had failed: the kernel takes it for clean, and the disk may not have it.
   */
  static async open(disk: Disk, isThere: boolean, tag: number, vote: Vote): Promise<VoteFile> {
    const file = await disk.open(VOTE_FILE, isThere ? "write" : "create");
    const opened = new VoteFile(file, tag, vote.version);
    try {
      await opened.write(vote);
      return opened;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Makes a term and a vote durable. */
  async write({ term, votedFor }: Pick<Vote, "term" | "votedFor">): Promise<void> {
    // A number of its own for each try: one that found no room may have left a copy.
    this.#version++;
    const payload = Buffer.from(JSON.stringify({ votedFor }));
    const content = { kind: "vote", index: this.#version, term, payload } as const;
    for (let slot = 0; slot < COPIES; slot++) {
      await writeLone(this.#file, this.#place, slot, content);
      await this.#file.sync();
    }
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
