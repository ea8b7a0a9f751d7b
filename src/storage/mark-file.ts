/**
 * The mark: how far the log was durable, and what was known to be committed. It is written after
 * each fsync of the log and not synced itself, so it costs one short write a batch and may lag after
 * a loss of power; it never says too much. `close()` syncs it, and `settle()` for an owner that is
 * idle.
 *
 * What it is for: the records of a log say how far it was durable before them, never that they are
 * durable themselves. So of the last batch alone nothing in the log tells whether it was
 * acknowledged, and where it is damaged, only the mark does (see replay.ts). It lies in a file of its
 * own, because one lost sector must not take both ("Protocol-Aware Recovery", FAST'18, 3.3.3).
 */

import type { Disk, DiskFile } from "./disk/disk.ts";
import { MARK_FILE } from "./file-names.ts";
import { readLone, writeLone } from "./record/lone-record.ts";
import { placeOf } from "./record/record.ts";
import { isNoSpace } from "./storage-error.ts";

/** See the head of this file. Everything before `offset` of the segment was durable. */
export interface Mark {
  /** 0 before the first. */
  readonly segment: number;
  readonly offset: number;
  readonly commitIndex: number;
}

export type MarkReading =
  | { readonly state: "sound"; readonly mark: Mark }
  | { readonly state: "absent" | "blank" | "damaged" };

export const NO_MARK: Mark = { segment: 0, offset: 0, commitIndex: 0 };

/** Reads the file as it is. */
export async function readMark(
  disk: Disk,
  names: readonly string[],
  tag: number,
): Promise<MarkReading> {
  if (!names.includes(MARK_FILE)) return { state: "absent" };
  const file = await disk.open(MARK_FILE, "read");
  try {
    const reading = await readLone(file, placeOf(MARK_FILE, tag), 0, "mark");
    if (reading.state !== "sound") return { state: reading.state };
    const place = JSON.parse(reading.payload.toString()) as { segment: number; offset: number };
    return { state: "sound", mark: { ...place, commitIndex: reading.header.index } };
  } finally {
    await file.close();
  }
}

/** The file, open to be written. */
export class MarkFile {
  readonly #file: DiskFile;
  readonly #place: number;
  #wanted: Mark;
  #written: Mark | undefined;
  #durable: Mark | undefined;
  #writing: Promise<void> | undefined;

  private constructor(file: DiskFile, tag: number, mark: Mark) {
    this.#file = file;
    this.#place = placeOf(MARK_FILE, tag);
    this.#wanted = mark;
  }

  /** Opens the file, makes it if it is missing, and makes a mark durable. */
  static async open(disk: Disk, isThere: boolean, tag: number, mark: Mark): Promise<MarkFile> {
    const file = await disk.open(MARK_FILE, isThere ? "write" : "create");
    const opened = new MarkFile(file, tag, mark);
    try {
      await opened.sync();
      return opened;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** The latest, be it written or not. */
  get current(): Mark {
    return this.#wanted;
  }

  /**
   * Moves the mark. The write goes on in the background, one at a time; what it may have failed of
   * is said by the next `flush` or `sync`.
   */
  move(mark: Partial<Mark>): void {
    this.#wanted = { ...this.#wanted, ...mark };
    // Whoever awaits it hears of an error; that nobody may is no reason to end the process here.
    this.flush().catch(() => {});
  }

  /** Resolves when the latest mark is written, or found no room. */
  async flush(): Promise<void> {
    if (this.#written !== this.#wanted) this.#writing ??= this.#write();
    await this.#writing;
  }

  /** Resolves when the latest mark is durable. */
  async sync(): Promise<void> {
    await this.flush();
    const mark = this.#wanted;
    if (this.#durable === mark) return;
    await this.#file.sync();
    this.#durable = mark;
  }

  async close(): Promise<void> {
    await this.#writing?.catch(() => {});
    await this.#file.close();
  }

  async #write(): Promise<void> {
    while (this.#written !== this.#wanted) {
      const mark = this.#wanted;
      const payload = Buffer.from(JSON.stringify({ segment: mark.segment, offset: mark.offset }));
      const content = { kind: "mark", index: mark.commitIndex, term: 0, payload } as const;
      try {
        await writeLone(this.#file, this.#place, 0, content);
      } catch (error) {
        // Without room the mark lags, which it may; the next move tries again. Any other error stays.
        if (!isNoSpace(error)) throw error;
        break;
      }
      this.#written = mark;
    }
    this.#writing = undefined;
  }
}
