/**
 * What a worker has on its disk for others to fetch: map outputs, each under the attempt that wrote it.
 *
 * What always holds: no path is made of anything that came over the network. A request names an
 * attempt; the shelf has its file or has not; and the file is one below the worker's own folder, by
 * no link, or it is not served.
 */

import { constants, realpathSync } from "node:fs";
import { type FileHandle, open, realpath } from "node:fs/promises";
import { isAbsolute, relative, resolve, sep } from "node:path";
import { assert } from "../../base/assert.ts";
import { messageOf, SheafError } from "../../base/error.ts";
import type { JobId } from "../../base/ids.ts";
import type { AnyAttemptRef } from "../wire/attempt.ts";
import type { RegionRequest } from "../wire/region-calls.ts";

/** An output: a file of regions without gaps, by partition. */
export interface ShelvedOutput {
  /** Below the shelf's root. */
  readonly path: string;
  readonly lengthBytes: readonly number[];
}

/** What a region is asked for by. */
export type RegionName = Pick<RegionRequest, "producer" | "partition" | "lengthBytes">;

/** A region on the shelf, and where in its file. */
export interface FoundRegion {
  readonly path: string;
  readonly offset: number;
  readonly lengthBytes: number;
}

/** A region that may be read: an open file, and where in it. */
export interface OpenRegion {
  readonly file: FileHandle;
  readonly offset: number;
  readonly lengthBytes: number;
}

/** See the head of this file. */
export class RegionShelf {
  /** Without links in it, so that what lies below can be told. */
  readonly root: string;
  readonly #jobs = new Map<JobId, Map<string, ShelvedOutput>>();

  /** The folder must be there. */
  constructor(root: string) {
    this.root = realpathSync(root);
  }

  /** Puts an output on the shelf, for as long as its job lives. */
  add(producer: AnyAttemptRef, output: ShelvedOutput): void {
    assert(isBelow(this.root, output.path), "an output lies below the folder that is served");
    const outputs = this.#jobs.get(producer.job) ?? new Map<string, ShelvedOutput>();
    outputs.set(keyOf(producer), output);
    this.#jobs.set(producer.job, outputs);
  }

  /** Takes a job's outputs off the shelf. Streams that read them go on to their end. */
  forget(job: JobId): void {
    this.#jobs.delete(job);
  }

  /** Jobs of which there is something. */
  jobs(): JobId[] {
    return [...this.#jobs.keys()];
  }

  /**
   * Where a region lies: for the worker itself, which reads its own without a socket.
   *
   * @throws SheafError `REGION_UNAVAILABLE` if it is not here.
   */
  find({ producer, partition, lengthBytes }: RegionName): FoundRegion {
    const output = this.#jobs.get(producer.job)?.get(keyOf(producer));
    if (output === undefined) throw unavailable("This worker has no such output.");
    const foundBytes = output.lengthBytes[partition];
    if (foundBytes === undefined) throw unavailable("The output has no such partition.");
    if (foundBytes !== lengthBytes) {
      throw unavailable(`The region has ${foundBytes} bytes, not ${lengthBytes}.`);
    }
    let offset = 0;
    for (let before = 0; before < partition; before++) offset += output.lengthBytes[before]!;
    return { path: output.path, offset, lengthBytes };
  }

  /**
   * Opens a region.
   *
   * @throws SheafError `REGION_UNAVAILABLE` if it is not here; `REGION_CORRUPT` if its file is.
   */
  async open(name: RegionName): Promise<OpenRegion> {
    const { path, offset, lengthBytes } = this.find(name);
    return { file: await this.#openFile(path), offset, lengthBytes };
  }

  async #openFile(path: string): Promise<FileHandle> {
    let file: FileHandle;
    try {
      // Links are followed nowhere: neither the last name (O_NOFOLLOW) nor a folder before it.
      if (!isBelow(this.root, await realpath(path))) throw new Error("it leads out of the folder");
      file = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
    } catch (error) {
      throw new SheafError("REGION_CORRUPT", `The output cannot be opened: ${messageOf(error)}.`, {
        cause: error,
      });
    }
    const stat = await file.stat();
    if (stat.isFile()) return file;
    await file.close();
    throw new SheafError("REGION_CORRUPT", "The output cannot be opened: it is no file.");
  }
}

function unavailable(message: string): SheafError {
  return new SheafError("REGION_UNAVAILABLE", `${message} Its task must run again.`);
}

function keyOf({ phase, task, attempt }: AnyAttemptRef): string {
  return `${phase}-${task}-${attempt}`;
}

function isBelow(root: string, path: string): boolean {
  const way = relative(root, resolve(path));
  return way !== "" && way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
