/**
 * The bounds of the engine, in one place, with their units last. A flag or an option may move those
 * that say so; nothing else in the code may grow without one of them.
 */

const KIB = 1024;
const MIB = 1024 * KIB;

/** An encoded key. Two of them, and a block, must fit the smallest memory budget. */
export const KEY_BYTES_MAX = 1 * MIB;
/** An encoded value; a slot's memory budget may set a lower bound. */
export const VALUE_BYTES_MAX = 64 * MIB;
/** What a record, key and value together, may take of its slot's memory budget. */
export const RECORD_MEMORY_SHARE = 1 / 4;
/** A line of text input, by default (`text({ lineBytesMax })`). */
export const LINE_BYTES_MAX = 16 * MIB;
/** A whole file read as one record, by default (`files({ fileBytesMax })`). */
export const FILE_BYTES_MAX = 64 * MIB;
/** What a job may raise the limits of its input records to: what a string of V8 holds, halved. */
export const RECORD_BYTES_LIMIT = 256 * MIB;
/** One read from an input file. */
export const INPUT_BLOCK_BYTES = 1 * MIB;
/** A piece of an object on S3 that is read ahead, and how many of them a slot has at once. */
export const READ_PIECE_BYTES = 4 * MIB;
export const READ_PIECES_MAX = 4;
/** Small objects of a split that are read ahead of their turn, together. */
export const READ_AHEAD_BYTES = 8 * MIB;
export const READ_AHEAD_OBJECTS_MAX = 16;
/** A piece of an upload to S3, and how many an object may have there. */
export const UPLOAD_PIECE_BYTES = 8 * MIB;
export const UPLOAD_PIECES_MAX = 10_000;
/** A manifest: some 200 bytes for each part. */
export const MANIFEST_BYTES_MAX = 64 * MIB;
/** One checksummed block of a run; a larger record gets a block of its own. */
export const RUN_BLOCK_BYTES = 64 * KIB;
/** Runs merged at once; more take another pass. */
export const MERGE_FAN_IN_MAX = 64;

/** Memory of one slot: default, and what `--memory` accepts. */
export const SLOT_MEMORY_BYTES_DEFAULT = 256 * MIB;
export const SLOT_MEMORY_BYTES_MIN = 16 * MIB;
export const SLOT_MEMORY_BYTES_MAX = 16 * KIB * MIB;

/** Size of a split: default, and what `--split-size` accepts. */
export const SPLIT_BYTES_DEFAULT = 64 * MIB;
export const SPLIT_BYTES_MIN = 1 * KIB;
/** Files of one job's input, and folders passed through to find them. */
export const INPUT_FILES_MAX = 10_000_000;
/** Map tasks of one job. */
export const SPLITS_MAX = 1_000_000;
/** The name of a host or a rack that has some of the input. */
export const PLACE_NAME_CHARS_MAX = 1024;
/** Reduce tasks of a job (`-R`). */
export const PARTITIONS_MAX = 100_000;
/** Worker threads of one machine (`--slots`). */
export const SLOTS_MAX = 1024;
/** Attempts of one task before its job fails. */
export const ATTEMPTS_MAX_DEFAULT = 4;
/** What `--max-attempts` accepts. */
export const ATTEMPTS_MAX_LIMIT = 100;
/** Time without a record before an attempt is ended (`--task-timeout`). */
export const TASK_TIMEOUT_MS_DEFAULT = 600_000;
/** What `--task-timeout` accepts; the upper bound is that of a timer. */
export const TASK_TIMEOUT_MS_MIN = 100;
export const TASK_TIMEOUT_MS_MAX = 24 * 3600 * 1000;
/** What one attempt may write to the console before it is cut. */
export const ATTEMPT_LOG_BYTES_MAX = 1 * MIB;
/** Distinct user counters of one job. */
export const USER_COUNTERS_MAX = 1000;
/** What a message shows of a record. */
export const RECORD_EXCERPT_CHARS_MAX = 200;

/** The bundled code of a job; its source map may take twice that. */
export const JOB_CODE_BYTES_MAX = 64 * MIB;
/** Time that a job's module may take to load, top-level awaits included. */
export const JOB_LOAD_TIMEOUT_MS = 30_000;
/** The name of a job, as displays show it. */
export const JOB_NAME_CHARS_MAX = 80;
/** What a message shows of an error that the job's own code threw. */
export const USER_MESSAGE_CHARS_MAX = 4000;
/** Frames of the job's own code that a message shows. */
export const USER_STACK_FRAMES_MAX = 20;

/** Variables that a job may be given, and the value of one. */
export const ENVIRONMENT_VARIABLES_MAX = 1000;
export const ENVIRONMENT_VALUE_CHARS_MAX = 64 * KIB;
/** For the next byte of a region to come, unless a worker is told otherwise. */
export const FETCH_TIMEOUT_MS_DEFAULT = 30_000;
