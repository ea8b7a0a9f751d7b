/**
 * Where the bytes of an input file come from: the one interface that the record readers know, so
 * that a file on this machine, a compressed one and an object on S3 read alike.
 *
 * What always holds: a source gives the bytes of the file as it was planned, or throws.
 */

import type { InputFile } from "./input.ts";

/** The bytes of one file, in order, from where it was opened. */
export interface ByteSource {
  /**
   * Brings the next bytes into target[start, end) and says how many; 0 only at the end of the file,
   * or once it is closed. Whoever gets a promise leaves `target` alone until it settles.
   */
  read(target: Buffer, start: number, end: number): number | Promise<number>;
  /** Begins to bring the first bytes, where that takes a while and the reader comes later. */
  prefetch?(): void;
  /** The place reached in the file as it is stored: what progress counts. */
  readonly position: number;
  /** Throws `INPUT_CHANGED` unless the file is still as it was planned. */
  verify(): void;
  /** Lets go of everything, at any time; a read under way then brings nothing. */
  close(): void;
}

/**
 * Opens a file at `start`, which is 0 for a compressed one. It will be read up to `end`, and perhaps
 * on from there.
 */
export type OpenSource = (file: InputFile, start: number, end: number) => ByteSource;

/** How the readers read: tests make blocks small, and other stores open files in their own way. */
export interface Reading {
  readonly blockBytes: number;
  readonly open: OpenSource;
}
