/**
 * Input without a disk, for tests of record readers: files that are buffers, splits over them, and
 * everything that a reader says, written down.
 */

import { SheafError } from "../../src/base/error.ts";
import type { ByteSource, Reading } from "../../src/job/input/byte-source.ts";
import type { InputFile, RecordReader, Segment, Split } from "../../src/job/input/input.ts";

/** A file of an input, as a plan would describe it. */
export function inputFile(bytes: number, about: Partial<InputFile> = {}): InputFile {
  const base = { path: "/data/a.txt", name: "a.txt", index: 0, modifiedMs: 0 };
  return { ...base, sizeBytes: bytes, compression: "none", ...about };
}

/** The whole of a file as a split. */
export function splitOf(file: InputFile): Split {
  return splitsOf([{ file, start: 0, end: file.sizeBytes }])[0]!;
}

/** A split for each segment. */
export function splitsOf(segments: readonly Segment[]): Split[] {
  return segments.map((segment, index) => ({
    index,
    segments: [segment],
    sizeBytes: segment.end - segment.start,
  }));
}

/** The splits of a file that is cut at these places. */
export function cutAt(file: InputFile, cuts: readonly number[]): Split[] {
  const places = [0, ...cuts, file.sizeBytes];
  const segments = places.slice(1).map((end, index) => ({ file, start: places[index]!, end }));
  return splitsOf(segments);
}

/** How a file that is a buffer is read: in blocks of a size, perhaps with waits between them. */
export function readingOf(bytes: Uint8Array, blockBytes: number, waits = false): Reading {
  return { blockBytes, open: (_file, start) => new BufferSource(bytes, start, waits) };
}

class BufferSource implements ByteSource {
  position: number;
  readonly #bytes: Uint8Array;
  readonly #waits: boolean;

  constructor(bytes: Uint8Array, start: number, waits: boolean) {
    this.#bytes = bytes;
    this.position = start;
    this.#waits = waits;
  }

  read(target: Buffer, start: number, end: number): number | Promise<number> {
    if (this.#waits) return Promise.resolve().then(() => this.#copy(target, start, end));
    return this.#copy(target, start, end);
  }

  verify(): void {}

  close(): void {
    this.position = this.#bytes.length;
  }

  #copy(target: Buffer, start: number, end: number): number {
    const piece = this.#bytes.subarray(this.position, this.position + end - start);
    target.set(piece, start);
    this.position += piece.length;
    return piece.length;
  }
}

/** What a reader said of one record: its value as text, or the code of its error. */
export interface Seen {
  readonly offset: number;
  readonly value?: string;
  readonly error?: string;
}

/** Everything that the readers of some splits say, one after the other. */
export async function readAll(
  splits: readonly Split[],
  open: (split: Split) => RecordReader<unknown, unknown>,
): Promise<Seen[]> {
  const seen: Seen[] = [];
  for (const split of splits) {
    const reader = open(split);
    do {
      while (step(reader, seen));
    } while (await reader.fill());
    reader.close();
  }
  return seen;
}

/** Moves to one record or error and writes it down; false if there is none at hand. */
function step(reader: RecordReader<unknown, unknown>, seen: Seen[]): boolean {
  try {
    if (!reader.next()) return false;
    seen.push({ offset: reader.position.offset, value: String(reader.value) });
  } catch (error) {
    if (!(error instanceof SheafError)) throw error;
    seen.push({ offset: reader.position.offset, error: error.code });
  }
  return true;
}

/** The error of ours that a promise is rejected with. */
export async function errorFrom(promise: Promise<unknown>): Promise<SheafError> {
  const outcome = await promise.then(
    () => "nothing",
    (error: unknown) => error,
  );
  if (outcome instanceof SheafError) return outcome;
  throw outcome === "nothing" ? new Error("Nothing was thrown.") : outcome;
}
