/**
 * The bounds of the consensus core, in one place, with their units last. Every queue, message and
 * window of the core has one of these; an option may move it (see options.ts).
 */

const KIB = 1024;
const MIB = 1024 * KIB;

/** What an entry costs besides its data, wherever bytes are counted: so many empty ones count too. */
export const ENTRY_OVERHEAD_BYTES = 32;

/** Terms, indices and offsets beyond this come from no honest member; a message with one is dropped. */
export const NUMBER_MAX = 2 ** 48;

/**
 * How far a message's term may be ahead of ours. Nobody held so many elections while we were away,
 * and a single forged term must not use up all terms there are.
 */
export const TERM_LEAP_MAX = 2 ** 30;

/** Member ids fit four bytes. */
export const MEMBER_ID_MAX = 2 ** 32 - 1;

/** Rounds of catching up are as long as this many least election timeouts (dissertation, 4.2.1). */
export const CATCH_UP_ROUND_TIMEOUTS = 1;

/** How long a leader goes on speaking to a member it removed, in least election timeouts. */
export const FAREWELL_TIMEOUTS = 2;

/** How long a read waits for its answer, in least election timeouts. */
export const READ_TIMEOUTS = 2;

/** The bounds that an option may move. */
export interface RaftLimits {
  /** Entries in one append. An entry that is larger travels alone. */
  readonly appendBytesMax: number;
  /** Appends under way to one member. */
  readonly inFlightAppendsMax: number;
  /** Their bytes; the append that goes past it is the last. */
  readonly inFlightBytesMax: number;
  /** Data of one proposal. */
  readonly proposalBytesMax: number;
  /** Entries of a leader that are not committed; proposals beyond are refused. */
  readonly uncommittedBytesMax: number;
  /** Committed entries in one `Ready`. An entry that is larger comes alone. */
  readonly committedBytesMax: number;
  /** One chunk of a snapshot. */
  readonly chunkBytesMax: number;
  /** Chunks under way to one member. */
  readonly chunksInFlightMax: number;
  /** Reads that wait, of this member's own and, at a leader, of all others together. */
  readonly readsMax: number;
  /** Messages waiting to be taken, of each of the two kinds in `Ready`; the oldest are dropped. */
  readonly outboxMessagesMax: number;
  /** Voters and learners of a group. */
  readonly membersMax: number;
}

export const RAFT_LIMITS_DEFAULT: RaftLimits = {
  appendBytesMax: 1 * MIB,
  inFlightAppendsMax: 64,
  inFlightBytesMax: 8 * MIB,
  proposalBytesMax: 8 * MIB,
  uncommittedBytesMax: 64 * MIB,
  committedBytesMax: 16 * MIB,
  chunkBytesMax: 256 * KIB,
  chunksInFlightMax: 8,
  readsMax: 10_000,
  outboxMessagesMax: 10_000,
  membersMax: 15,
};
