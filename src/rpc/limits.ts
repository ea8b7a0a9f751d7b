/**
 * The bounds of what travels between machines, in one place, with their units last. What a message
 * says beyond one of these, no peer of this version sends.
 */

const KIB = 1024;
const MIB = 1024 * KIB;

/** One message. The largest are entries of the log, and results with many bad records. */
export const MESSAGE_BYTES_MAX = 10 * MIB;
/** A chunk of a bundle, a region or a log. */
export const CHUNK_BYTES_MAX = 1 * MIB;
/** An id that may become part of a file's name. */
export const ID_CHARS_MAX = 128;
/** "host:port". */
export const ADDRESS_CHARS_MAX = 262;
/** A path, a glob or a URL. */
export const PATH_CHARS_MAX = 8 * KIB;
/** What a failure or a skipped record says. */
export const MESSAGE_CHARS_MAX = 64 * KIB;
/** Names, codes and reasons that people read on one line. */
export const LINE_CHARS_MAX = 1 * KIB;
/** A job's params, as MessagePack. */
export const PARAMS_BYTES_MAX = 1 * MIB;
/** Inputs of one job as they are named, before globs and folders are followed; and all the names. */
export const INPUTS_MAX = 100_000;
export const INPUTS_BYTES_MAX = 4 * MIB;
/** The variables of one job, names and values. */
export const ENVIRONMENT_BYTES_MAX = 1 * MIB;
/** Files and segments of one split. */
export const SPLIT_SEGMENTS_MAX = 100_000;
/** Pieces of the input that one sample reads. */
export const SAMPLE_WINDOWS_MAX = 10_000;
/** Boundaries between partitions, together. */
export const BOUNDARIES_BYTES_MAX = 4 * MIB;
/** Bad records that one attempt reports. */
export const BAD_RECORDS_MAX = 10_000;
/** Attempts in one list, and jobs that a worker may hold data of. */
export const LIST_ITEMS_MAX = 10_000;
/** Regions in one message. */
export const REGIONS_MAX = 1_000_000;
/** Workers of one cluster. */
export const WORKERS_MAX = 10_000;
/** Masters of one group. */
export const MEMBERS_MAX = 15;
/** Steps that a job ran, iterations counted. */
export const STEP_RUNS_MAX = 100_000;
/** The bytes of a job's bundle. */
export const BUNDLE_BYTES_MAX = 256 * MIB;
/** Priorities go from minus this to this. */
export const PRIORITY_MAX = 100;
/** Jobs in one page of a list. */
export const PAGE_JOBS_MAX = 1000;
export const PAGE_JOBS_DEFAULT = 100;
