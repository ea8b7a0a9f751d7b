/**
 * The small things that a member must never forget, each in a page of its own:
 *
 *     page 0      who the member is, and the format of the folder
 *     page 1, 2   its term and its vote, twice
 *     page 3      the mark
 *
 * **The vote** is no record of the log, because it is needed most where the log is damaged. A change
 * writes one copy and syncs, writes the other and syncs, and only then may it be answered. So a crash
 * leaves at most one copy torn, and the other tells what was answered; and a page that is lost later
 * leaves the other copy, which is not older. Whichever is younger is right.
 *
 * **The mark** says how far the log was durable, and what was known to be committed. It is written
 * after each fsync of the log and not synced itself, so it may lag after a loss of power; it never
 * says too much. The records of a log say how far it was durable before them, never that they are
 * durable themselves: so of the last batch, the mark alone tells whether it was acknowledged.
 */

import { SheafError } from "../base/error.ts";
import { type HardState, NO_INDEX, NO_TERM } from "../raft/log-entry.ts";
import { type Disk, type DiskFile, replaceFile } from "./disk/disk.ts";
import { STATE_FILE } from "./file-names.ts";
import { type Identity, identityTag } from "./identity.ts";
import { readPage, writePage } from "./record/page.ts";
import { placeOf } from "./record/record.ts";

/** Of all files of the folder. */
const FORMAT = 1;

const IDENTITY_PAGE = 0;
const VOTE_PAGES = [1, 2] as const;
const MARK_PAGE = 3;
/** The page that says whose the file is can be read by everyone. */
const ANYONES_PLACE = placeOf(STATE_FILE, 0);

export type Vote = Pick<HardState, "term" | "votedFor">;

/** See the head of this file. Everything before `offset` of the segment was durable. */
export interface Mark {
  /** 0 before the first. */
  readonly segment: number;
  readonly offset: number;
  readonly commitIndex: HardState["commitIndex"];
}

/** What the first page says. */
interface Owner extends Identity {
  readonly format: number;
}

/** A copy of the vote. Each change has a higher version. */
interface VoteCopy extends Vote {
  readonly version: number;
}

/** What the file tells; `undefined` for what is damaged. */
export interface StateReading {
  readonly vote: VoteCopy | undefined;
  readonly mark: Mark | undefined;
  readonly isIdentitySound: boolean;
  readonly hasBothVotes: boolean;
}

export const NO_VOTE: Vote = { term: NO_TERM, votedFor: undefined };
const NO_MARK: Mark = { segment: 0, offset: 0, commitIndex: NO_INDEX };

/** Reads the file as it is. @throws SheafError `DATA_MISMATCH` where it is of another member. */
export async function readState(disk: Disk, identity: Identity): Promise<StateReading> {
  const file = await disk.open(STATE_FILE, "read");
  try {
    const place = placeOf(STATE_FILE, identityTag(identity));
    const owner = await readPage<Owner>(file, ANYONES_PLACE, IDENTITY_PAGE);
    if (owner !== undefined) checkOwner(disk.path, owner, identity);
    const votes: VoteCopy[] = [];
    for (const page of VOTE_PAGES) {
      const copy = await readPage<VoteCopy>(file, place, page);
      if (copy !== undefined) votes.push(copy);
    }
    return {
      vote: votes.sort((a, b) => b.version - a.version)[0],
      mark: await readPage<Mark>(file, place, MARK_PAGE),
      isIdentitySound: owner !== undefined,
      hasBothVotes: votes.length === VOTE_PAGES.length,
    };
  } finally {
    await file.close();
  }
}

/** Whose folder it is, by its own words. @throws SheafError `DATA_MISMATCH` for another format. */
export async function readOwner(disk: Disk): Promise<Identity | undefined> {
  const file = await disk.open(STATE_FILE, "read");
  try {
    const owner = await readPage<Owner>(file, ANYONES_PLACE, IDENTITY_PAGE);
    if (owner !== undefined) checkOwner(disk.path, owner, owner);
    return owner && { cluster: owner.cluster, member: owner.member };
  } finally {
    await file.close();
  }
}

/** Makes the file anew, with an empty mark. */
export async function createState(disk: Disk, identity: Identity, vote: Vote): Promise<void> {
  const place = placeOf(STATE_FILE, identityTag(identity));
  await replaceFile(disk, STATE_FILE, async (file) => {
    await writeIdentity(file, identity);
    for (const page of VOTE_PAGES) await writePage(file, place, page, { ...vote, version: 0 });
    await writePage(file, place, MARK_PAGE, NO_MARK);
  });
}

/** The file, open to be written. */
export class StateFile {
  readonly #file: DiskFile;
  readonly #place: number;
  #version: number;
  #vote: Vote;
  #mark: Mark = NO_MARK;

  private constructor(file: DiskFile, tag: number, vote: VoteCopy) {
    this.#file = file;
    this.#place = placeOf(STATE_FILE, tag);
    this.#version = vote.version;
    this.#vote = vote;
  }

  /**
   * Opens the file, and writes all of it again, with a mark. That brings up a copy that a crash has
   * left behind, and one that was read from the page cache after an fsync of the process before had
   * failed: the kernel takes it for clean, and the disk may not have it.
   */
  static async open(
    disk: Disk,
    identity: Identity,
    vote: VoteCopy,
    mark: Mark,
  ): Promise<StateFile> {
    const file = await disk.open(STATE_FILE, "write");
    const opened = new StateFile(file, identityTag(identity), vote);
    try {
      await writeIdentity(file, identity);
      await opened.writeMark(mark);
      await opened.writeVote(vote);
      return opened;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** As it is durable. */
  get vote(): Vote {
    return this.#vote;
  }

  get mark(): Mark {
    return this.#mark;
  }

  /** Makes a term and a vote durable. */
  async writeVote({ term, votedFor }: Vote): Promise<void> {
    const copy: VoteCopy = { term, votedFor, version: ++this.#version };
    for (const page of VOTE_PAGES) {
      await writePage(this.#file, this.#place, page, copy);
      await this.#file.sync();
    }
    this.#vote = { term, votedFor };
  }

  /** Moves the mark, which need not be durable. */
  async writeMark(mark: Mark): Promise<void> {
    await writePage(this.#file, this.#place, MARK_PAGE, mark);
    this.#mark = mark;
  }

  /** Makes the mark durable, and closes the file. */
  async close(): Promise<void> {
    try {
      await this.#file.sync();
    } finally {
      await this.#file.close();
    }
  }
}

function writeIdentity(file: DiskFile, { cluster, member }: Identity): Promise<void> {
  return writePage(file, ANYONES_PLACE, IDENTITY_PAGE, { format: FORMAT, cluster, member });
}

/** A folder of another member, or of a newer Sheaf, is no damaged one. */
function checkOwner(path: string, { format, cluster, member }: Owner, own: Identity): void {
  if (format !== FORMAT) {
    throw new SheafError(
      "DATA_MISMATCH",
      `Cannot use ${path}: its files are of format ${format}, and this version of Sheaf reads ` +
        `format ${FORMAT}. Use the version that wrote it.`,
      { data: { path, format } },
    );
  }
  if (cluster === own.cluster && member === own.member) return;
  throw new SheafError(
    "DATA_MISMATCH",
    `Cannot use ${path}: it is the data of member ${member} of cluster "${cluster}", not of ` +
      `member ${own.member} of "${own.cluster}". Check the folder and the member's number.`,
    { data: { path, cluster, member } },
  );
}
