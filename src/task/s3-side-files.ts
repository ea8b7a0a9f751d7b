/**
 * The side files of an output on S3. They are written on the machine that commits; those of a cluster
 * lie below the output as well until then, under their private names, for a master that goes on there
 * when this one is dead.
 */

import { readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join, relative } from "node:path";
import { inParallel } from "../job/input/in-parallel.ts";
import type { S3Store } from "../s3/s3-store.ts";
import { s3Url } from "../s3/s3-url.ts";
import { download } from "./run-handover.ts";
import { collect } from "./s3-leftovers.ts";
import type { S3OutputLayout } from "./s3-output-layout.ts";
import { SIDE_FOLDERS } from "./side-files.ts";

const REQUESTS_AT_ONCE = 16;

/** See the head of this file. */
export class S3SideFiles {
  readonly #store: S3Store;
  readonly #layout: S3OutputLayout;
  readonly #run: string;
  /** Where they lie on this machine. */
  readonly #folder: string;

  constructor(store: S3Store, layout: S3OutputLayout, run: string, folder: string) {
    this.#store = store;
    this.#layout = layout;
    this.#run = run;
    this.#folder = folder;
  }

  /** Keeps files below the output; nobody takes them for a part of it. */
  async preserve(paths: readonly string[]): Promise<void> {
    for (const path of paths) {
      const name = relative(this.#folder, path);
      await this.#store.write(this.#layout.between(this.#run, name), readFileSync(path));
    }
  }

  /** Brings here what a process that died has preserved. */
  async bring(): Promise<void> {
    const { bucket } = this.#layout;
    for (const folder of SIDE_FOLDERS) {
      const location = this.#layout.between(this.#run, `${folder}/`);
      await mkdir(join(this.#folder, folder), { recursive: true });
      const objects = await collect(this.#store.list(location));
      await inParallel(objects, REQUESTS_AT_ONCE, async ({ key, sizeBytes }) => {
        const path = join(this.#folder, folder, key.slice(location.key.length));
        const from = { path: s3Url({ bucket, key }), offset: 0, lengthBytes: sizeBytes };
        await download(from, path, () => undefined);
      });
    }
  }

  /** Writes those that belong to the output. */
  async publish(kept: readonly { folder: string; names: readonly string[] }[]): Promise<void> {
    const files = kept.flatMap(({ folder, names }) => names.map((name) => ({ folder, name })));
    await inParallel(files, REQUESTS_AT_ONCE, async ({ folder, name }) => {
      const location = this.#layout.sideFile(this.#run, folder, name);
      await this.#store.write(location, readFileSync(join(this.#folder, folder, name)));
    });
  }
}
