/**
 * Commits a job's output to S3, where nothing can be renamed and no folder replaced. Attempts upload
 * their parts in pieces; an upload is no object before it is finished, and only this committer
 * finishes one, for the winner of its partition, when all partitions have one. Then the manifest is
 * written, under the condition that no other run has written one meanwhile: that is the commit.
 *
 * What always holds: a reader that follows the manifest sees the old output or the new one, never of
 * both. Parts bear their run's id, so those of two runs never stand in each other's place, and old
 * ones are removed only when the new manifest is there.
 */

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { assert } from "../base/assert.ts";
import { SheafError } from "../base/error.ts";
import { inParallel } from "../job/input/in-parallel.ts";
import { type Manifest, runOfPart } from "../job/manifest.ts";
import type { Part } from "../job/report.ts";
import { planningPolicy } from "../s3/s3-settings.ts";
import { S3Store } from "../s3/s3-store.ts";
import { parseS3Url, type S3Location, s3Url } from "../s3/s3-url.ts";
import type { OutputCommitter, OutputCommitterOptions } from "./output-committer.ts";
import { type Clearing, clearLeftovers, collect } from "./s3-leftovers.ts";
import { readStoredManifest } from "./s3-manifest.ts";
import { checkS3Output } from "./s3-output-check.ts";
import { partName, S3OutputLayout } from "./s3-output-layout.ts";
import { publishManifest } from "./s3-publish.ts";
import { RunMarker } from "./s3-run-marker.ts";
import { S3SideFiles } from "./s3-side-files.ts";
import { S3StepRuns } from "./s3-step-runs.ts";
import { type LeftByAttempt, type SideFileLabel, SideFiles } from "./side-files.ts";
import type { PartUpload, WrittenPart } from "./task-spec.ts";

const REQUESTS_AT_ONCE = 16;
/** Cleaning up after a failure may not take longer than a person waits. */
const ABORT_MS_MAX = 20_000;

/** A part that won, and the upload that will be its object. */
interface Winner {
  readonly part: Part;
  readonly upload: PartUpload;
}

/** See the head of this file. */
export class S3Committer implements OutputCommitter {
  readonly output: string;
  readonly #options: OutputCommitterOptions;
  readonly #layout: S3OutputLayout;
  readonly #store: S3Store;
  readonly #marker: RunMarker;
  readonly #winners = new Map<number, Winner>();
  /** Uploads of attempts that came second. */
  readonly #losers: { readonly location: S3Location; readonly uploadId: string }[] = [];
  /** By partition: attempts of which it is not known that they have left no upload behind. */
  readonly #unanswered = new Map<number, number>();
  #directory: string | undefined;
  #sideFiles: SideFiles | undefined;
  #isOver = false;

  constructor(options: OutputCommitterOptions, store = new S3Store({ role: "write" })) {
    assert(/^[0-9a-f]{16}$/.test(options.jobId), "a run's id has 16 hexadecimal digits");
    this.#options = options;
    this.#store = store;
    this.#layout = new S3OutputLayout(parseS3Url(options.output));
    this.output = s3Url(this.#layout.at("")).replace(/\/$/, "");
    this.#marker = new RunMarker(this.#store, this.#layout.marker(options.jobId));
  }

  async check(inputs: readonly string[]): Promise<void> {
    const store = new S3Store({ role: "write", policy: planningPolicy() });
    const { overwrite } = this.#options;
    await checkS3Output(store, this.#layout, { shown: this.output, overwrite, inputs });
  }

  async prepare(workDirectory: string): Promise<void> {
    await this.#makeFolder(workDirectory);
    this.#sideFiles = new SideFiles(this.#folder());
    await this.#marker.write();
    // What cannot be cleared is left: it does no harm but to stay.
    await this.#clear({ isOver: false }).catch(() => undefined);
  }

  async resume(workDirectory: string): Promise<boolean> {
    if (!(await this.#marker.isThere())) return false;
    await this.#makeFolder(workDirectory);
    await this.#marker.write();
    await this.#remoteSideFiles.bring();
    this.#sideFiles = new SideFiles(this.#folder());
    return true;
  }

  async published(): Promise<Manifest | undefined> {
    const found = await readStoredManifest(this.#store, this.#layout);
    if (found?.manifest?.run !== this.#options.jobId) return undefined;
    this.#isOver = true;
    await this.#clear({ isOver: true, takesUnmarked: true }).catch(() => undefined);
    return found.manifest;
  }

  get partsFolder(): string {
    return this.#folder();
  }

  get stepRuns(): S3StepRuns {
    return new S3StepRuns(this.#layout, this.#options.jobId);
  }

  async preserve(attempt: SideFileLabel, left: LeftByAttempt): Promise<void> {
    await this.#remoteSideFiles.preserve(this.sideFiles.write(attempt, left));
  }

  partPath(partition: number, attempt: number): string {
    return join(this.#folder(), `part-${partition}.attempt-${attempt}`);
  }

  uploadTarget(partition: number): S3Location {
    this.#unanswered.set(partition, (this.#unanswered.get(partition) ?? 0) + 1);
    return this.#partLocation(partition);
  }

  commitTask(partition: number, _attempt: number, written: WrittenPart): Part {
    const { upload, records, bytes, crc32 } = written;
    assert(upload !== undefined, "a part for S3 was uploaded by its attempt");
    if (upload.isOnly) this.#unanswered.set(partition, this.#unanswered.get(partition)! - 1);
    const winner = this.#winners.get(partition);
    if (winner !== undefined) {
      const location = this.#partLocation(partition);
      this.#losers.push({ location, uploadId: upload.uploadId });
      return winner.part;
    }
    const part = { name: this.#partName(partition), records, bytes, crc32 };
    this.#winners.set(partition, { part, upload });
    return part;
  }

  get parts(): Part[] {
    return [...this.#winners].sort(([a], [b]) => a - b).map(([, { part }]) => part);
  }

  async commitJob(manifest: Manifest): Promise<void> {
    assert(manifest.parts.length === this.#winners.size, "the manifest lists every committed part");
    await this.#remoteSideFiles.publish(this.sideFiles.finish());
    await this.#finishUploads();
    if (!(await this.#marker.isThere())) throw this.#takenForDead();
    const { overwrite, jobId } = this.#options;
    // From here on the parts must stay, unless it is known that no manifest lists them.
    this.#isOver = true;
    const publication = await publishManifest(this.#store, this.#layout, manifest, overwrite);
    const { outcome, replaced } = publication;
    if (outcome !== "published") {
      this.#isOver = false;
      throw outcome;
    }
    await this.#removeOld(replaced).catch(() => undefined);
    await this.#giveUpUploads().catch(() => undefined);
    // A run on one machine has nothing there.
    if (manifest.run !== undefined) await this.stepRuns.removeAll();
    this.#marker.close();
    await this.#store.remove(this.#layout.marker(jobId)).catch(() => undefined);
  }

  async abort(): Promise<void> {
    this.#marker.close();
    if (this.#isOver || this.#directory === undefined) return;
    this.#isOver = true;
    const signal = AbortSignal.timeout(ABORT_MS_MAX);
    const store = new S3Store({ role: "write", policy: planningPolicy(), signal });
    try {
      for (const [partition, { upload }] of this.#winners) {
        this.#losers.push({ location: this.#partLocation(partition), uploadId: upload.uploadId });
      }
      this.#winners.clear();
      await this.#giveUpUploads(store);
      await this.#clear({ isOver: true }, store);
    } catch {
      // What is left bears the mark of this run, and the next one with this output clears it away.
    }
  }

  async #makeFolder(workDirectory: string): Promise<void> {
    this.#directory = join(workDirectory, "output");
    await mkdir(this.#directory);
  }

  async #clear(how: Omit<Clearing, "run">, store = this.#store): Promise<void> {
    await clearLeftovers(store, this.#layout, { run: this.#options.jobId, ...how });
  }

  async #finishUploads(): Promise<void> {
    await inParallel([...this.#winners], REQUESTS_AT_ONCE, async ([partition, winner]) => {
      const { uploadId, pieces } = winner.upload;
      const location = this.#partLocation(partition);
      await this.#store.uploads.finish(location, uploadId, pieces, winner.part.bytes);
    });
  }

  /** Gives up every upload of this run that is not a winner's. */
  async #giveUpUploads(store = this.#store): Promise<void> {
    await inParallel(this.#losers.splice(0), REQUESTS_AT_ONCE, ({ location, uploadId }) =>
      store.uploads.abort(location, uploadId),
    );
    const open = [...this.#unanswered].filter(([, attempts]) => attempts > 0);
    // Of an attempt that died, nobody knows whether it had begun one. They are asked for by their
    // whole keys, because some servers list uploads by nothing less.
    await inParallel(open, REQUESTS_AT_ONCE, async ([partition]) => {
      const location = this.#partLocation(partition);
      for (const { key, uploadId } of await collect(store.uploads.list(location))) {
        if (key === location.key) await store.uploads.abort(location, uploadId);
      }
    });
  }

  /** Removes the parts and side files of the output that this one has replaced. */
  async #removeOld(old: Manifest | undefined): Promise<void> {
    if (old === undefined) return;
    const runs = new Set(old.parts.map(({ name }) => runOfPart(name)));
    const objects = await collect(this.#store.list(this.#layout.at("")));
    const names = new Set(old.parts.map(({ name }) => name));
    const stale = objects.filter(({ key }) => {
      const entry = this.#layout.entryOf(key);
      if (entry.kind === "side file") return runs.has(entry.run);
      return names.has(this.#layout.nameOf(key));
    });
    const { bucket } = this.#layout;
    await inParallel(stale, REQUESTS_AT_ONCE, ({ key }) => this.#store.remove({ bucket, key }));
  }

  #takenForDead(): SheafError {
    return new SheafError(
      "OUTPUT_FAILED",
      `Cannot put the output in place at ${this.output}: this run stood still for so long that ` +
        "another one with the same output took it for dead and cleared its parts away. Run it again.",
      { data: { path: this.output } },
    );
  }

  get sideFiles(): SideFiles {
    assert(this.#sideFiles !== undefined, "an output is prepared before it is written");
    return this.#sideFiles;
  }

  get #remoteSideFiles(): S3SideFiles {
    return new S3SideFiles(this.#store, this.#layout, this.#options.jobId, this.#folder());
  }

  #folder(): string {
    assert(this.#directory !== undefined, "an output is prepared before it is written");
    return this.#directory;
  }

  #partName(partition: number): string {
    return partName(partition, this.#options.jobId, this.#options.compression);
  }

  #partLocation(partition: number): S3Location {
    return this.#layout.at(this.#partName(partition));
  }
}
