/**
 * What lies where in an output on S3. Nothing can be renamed there, so everything bears the id of
 * the run that wrote it, and the manifest alone says which of it is the output:
 *
 *     PREFIX/_SUCCESS                              the manifest
 *     PREFIX/part-00000-RUN[.gz]                   a part
 *     PREFIX/_bad/RUN/..., PREFIX/_logs/RUN/...    bad records and consoles
 *     PREFIX/_runs/RUN.json                        a run under way, or one that died
 *     PREFIX/_steps/RUN/...                        what steps of that run hand on, and attempts leave
 */

import { runOfPart, SUCCESS_FILE } from "../job/manifest.ts";
import type { S3Location } from "../s3/s3-url.ts";
import { partStem } from "./part-name.ts";
import { SIDE_FOLDERS } from "./side-files.ts";

const RUNS_FOLDER = "_runs/";
const STEPS_FOLDER = "_steps/";
const SIDE_FILE = new RegExp(`^(?:${SIDE_FOLDERS.join("|")})/([0-9a-f]{16})/`);
const MARKER = /^_runs\/([0-9a-f]{16})\.json$/;
const BETWEEN = /^_steps\/([0-9a-f]{16})\//;

/** What an object is, by its name below the prefix. */
export type Entry =
  | { readonly kind: "manifest" }
  /** The console of the web makes such objects for folders. */
  | { readonly kind: "folder" }
  | { readonly kind: "part" | "side file" | "marker" | "between"; readonly run: string }
  | { readonly kind: "foreign" };

/** See the head of this file. */
export class S3OutputLayout {
  readonly bucket: string;
  /** Ends with a slash, but for a whole bucket. */
  readonly prefix: string;

  constructor({ bucket, key }: S3Location) {
    this.bucket = bucket;
    const trimmed = key.replace(/\/+$/, "");
    this.prefix = trimmed === "" ? "" : `${trimmed}/`;
  }

  /** An object, by its name below the prefix; "" for all of them. */
  at(name: string): S3Location {
    return { bucket: this.bucket, key: this.prefix + name };
  }

  nameOf(key: string): string {
    return key.slice(this.prefix.length);
  }

  get manifest(): S3Location {
    return this.at(SUCCESS_FILE);
  }

  get markers(): S3Location {
    return this.at(RUNS_FOLDER);
  }

  marker(run: string): S3Location {
    return this.at(`${RUNS_FOLDER}${run}.json`);
  }

  sideFile(run: string, folder: string, name: string): S3Location {
    return this.at(`${folder}/${run}/${name}`);
  }

  /** What all runs have between their steps. */
  get allBetween(): S3Location {
    return this.at(STEPS_FOLDER);
  }

  /** What one run has there and is no output yet; "" for all of it. */
  between(run: string, name: string): S3Location {
    return this.at(`${STEPS_FOLDER}${run}/${name}`);
  }

  entryOf(key: string): Entry {
    const name = this.nameOf(key);
    if (name === SUCCESS_FILE) return { kind: "manifest" };
    if (name === "" || name.endsWith("/")) return { kind: "folder" };
    const part = runOfPart(name);
    if (part !== undefined) return { kind: "part", run: part };
    const side = SIDE_FILE.exec(name)?.[1];
    if (side !== undefined) return { kind: "side file", run: side };
    const marker = MARKER.exec(name)?.[1];
    if (marker !== undefined) return { kind: "marker", run: marker };
    const between = BETWEEN.exec(name)?.[1];
    if (between !== undefined) return { kind: "between", run: between };
    return { kind: "foreign" };
  }
}

/** The name of a part of a run. */
export function partName(partition: number, run: string, compression: "none" | "gzip"): string {
  return `${partStem(partition)}-${run}${compression === "gzip" ? ".gz" : ""}`;
}
