/**
 * What an input is: files, the splits they are cut into, and the format that turns a split's bytes
 * into records. Files and splits are plain data, because they travel to other threads and machines.
 */

import type { AnyCodec } from "../codec/codec.ts";

/** How a file is compressed, told by its name; a compressed file is one split. */
export type Compression = "none" | "gzip" | "zstd";

/** One input file, as it was when the job was planned. */
export interface InputFile {
  /** Where to open it: an absolute path, or the `s3://` URL of an object. */
  readonly path: string;
  /** Its path below the input folder that was named, with forward slashes; else its base name. */
  readonly name: string;
  /** Its place in the order of the job's input, from 0. */
  readonly index: number;
  readonly sizeBytes: number;
  /** With `sizeBytes`, tells whether it changed while it was read. */
  readonly modifiedMs: number;
  readonly compression: Compression;
  /** Of an object on S3, and of no other file: tells whether it is the one that was planned. */
  readonly etag?: string;
}

/** Whether a file has to be fetched from elsewhere, so that reading it takes waiting. */
export function isRemote(file: InputFile): boolean {
  return file.etag !== undefined;
}

/** How a file of this name is compressed. */
export function compressionOf(name: string): Compression {
  if (/\.gz$/i.test(name)) return "gzip";
  return /\.zst$/i.test(name) ? "zstd" : "none";
}

/** The bytes [start, end) of one file; the records that begin in them belong to the split. */
export interface Segment {
  readonly file: InputFile;
  readonly start: number;
  readonly end: number;
  /** Where it is not a piece of a file but a run that the step before wrote. */
  readonly run?: StepRun;
}

/** What the reader of a run needs to know of it. */
export interface StepRun {
  readonly records: number;
  readonly blockBytesMax: number;
}

/** The bytes [start, end) of a file: what `located` is asked about. */
export interface InputPiece {
  /** Where the file is opened: an absolute path, or the `s3://` URL of an object. */
  readonly path: string;
  readonly start: number;
  readonly end: number;
}

/** The input of one map task: one piece of a large file, or several small files. */
export interface Split {
  readonly index: number;
  readonly segments: readonly Segment[];
  readonly sizeBytes: number;
}

/**
 * Where a record stands in the input: the key of `text()`, `ndjson()` and `fixedRecords()`.
 *
 * One object is moved from record to record: read what you need of it during the call of `map`.
 *
 * @example
 * ```ts
 * import { defineJob, int, string, tuple, text, identity } from "sheaf";
 *
 * // Where each line of a log begins that tells of an error.
 * export default defineJob({
 *   input: text(),
 *   intermediate: { key: tuple(string(), int()), value: string() },
 *   map({ path, offset }, line, emit) {
 *     if (line.includes("ERROR")) emit([path, offset], line);
 *   },
 *   reduce: identity,
 * });
 * ```
 */
export interface Position {
  /**
   * The file's path below the input folder (or the prefix on S3) that was named; its base name if it
   * was named itself.
   */
  readonly path: string;
  /** The file's place in the order of the job's input, from 0. */
  readonly fileIndex: number;
  /** The record's first byte in its file; in the decompressed stream of a compressed one. */
  readonly offset: number;
}

/**
 * Reads the records of one split in order. The caller alternates
 * `while (reader.next()) use(reader.key, reader.value)` and `await reader.fill()` until that says
 * false; `next` never waits, and `fill` waits only where a file is decompressed or remote.
 */
export interface RecordReader<K, V> {
  /** Moves to the next record at hand; false when more bytes are needed. */
  next(): boolean;
  /** Brings in more bytes; false at the end of the split. */
  fill(): boolean | Promise<boolean>;
  readonly key: K;
  readonly value: V;
  /** Where the current record stands, for messages and `_bad/`. */
  readonly position: Position;
  /** The current record as a person would recognise it, cut to `charsMax`. */
  excerpt(charsMax: number): string;
  /** Input bytes taken in so far, compressed where the file is: what progress counts. */
  readonly bytesRead: number;
  close(): void;
}

/**
 * A format of input, with the types of the records it reads: what `text()`, `ndjson()`, `files()`,
 * `fixedRecords()` and `outputOf()` return. Its methods are for the engine.
 */
export interface InputFormat<K, V> {
  /** How it is written in a job, for messages: `text()`. */
  readonly name: string;
  /** Whether an uncompressed file may be cut into several splits. */
  readonly splittable: boolean;
  /** Whether it picks out records, so that little of what it reads will be sorted. @internal */
  readonly picks?: boolean;
  /** Opens a split. Only slots call it. @internal */
  open(split: Split): RecordReader<K, V>;
  /** The hosts and racks that have a piece of a file near. Only drivers call it. @internal */
  readonly locate?: (piece: InputPiece) => readonly string[];
  /** Where the input is another step's output: its codecs. @internal */
  readonly step?: StepSource;
  /** Never set: carries the types. @internal */
  readonly types?: { readonly key: K; readonly value: V };
}

/** The codecs of an input that is another step's output. */
export interface StepSource {
  readonly key: AnyCodec;
  readonly value: AnyCodec;
}
