/**
 * Clears away what runs that died have left in an output on S3: uploads that were never finished,
 * parts that no manifest lists, side files, runs between steps, and marks.
 *
 * What always holds: nothing of a live run is touched, and nothing that the manifest lists. For
 * that, the objects are listed first, then the marks of live runs are read, and the manifest last: a
 * run removes its mark after its manifest is there, so one without a mark either is in the manifest
 * that is read here, or never will be.
 */

import { inParallel } from "../job/input/in-parallel.ts";
import { runOfPart } from "../job/manifest.ts";
import type { S3Store, StoredObject } from "../s3/s3-store.ts";
import { readStoredManifest } from "./s3-manifest.ts";
import type { S3OutputLayout } from "./s3-output-layout.ts";
import { DEAD_AFTER_MS, isDead } from "./s3-run-marker.ts";

/** Requests under way at once. */
const REQUESTS_AT_ONCE = 16;
const MARKER_BYTES_MAX = 16 * 1024;

/** Who clears, and what for. */
export interface Clearing {
  /** The run that clears: its mark is there, and tells the time. */
  readonly run: string;
  /** It has ended: of its own, only what the manifest lists stays. */
  readonly isOver: boolean;
  /** What nobody has marked goes at once, and not only when it is old. */
  readonly takesUnmarked?: boolean;
}

/** See the head of this file. */
export async function clearLeftovers(
  store: S3Store,
  layout: S3OutputLayout,
  clearing: Clearing,
): Promise<void> {
  const objects = await collect(store.list(layout.at("")));
  const uploads = [
    ...(await collect(store.uploads.list(layout.at("part-")))),
    ...(await collect(store.uploads.list(layout.allBetween))),
  ];
  const { alive, dead, nowMs } = await runsOf(store, layout, clearing);
  const manifest = (await readStoredManifest(store, layout))?.manifest;
  const parts = new Set(manifest?.parts.map(({ name }) => name));
  const kept = new Set(manifest?.parts.map(({ name }) => runOfPart(name)));
  // What nobody has marked may be a dead run's last move, and goes when it is old.
  const isLeft = (owner: string, sinceMs: number) =>
    !alive.has(owner) &&
    (dead.has(owner) || clearing.takesUnmarked === true || nowMs - sinceMs > DEAD_AFTER_MS);
  const stale = objects.filter(({ key, modifiedMs }) => {
    const entry = layout.entryOf(key);
    switch (entry.kind) {
      case "part":
        return !parts.has(layout.nameOf(key)) && isLeft(entry.run, modifiedMs);
      case "side file":
        return !kept.has(entry.run) && isLeft(entry.run, modifiedMs);
      case "between":
        return isLeft(entry.run, modifiedMs);
      default:
        return false;
    }
  });
  const unfinished = uploads.filter(({ key, startedMs }) => {
    const entry = layout.entryOf(key);
    const isOurs = entry.kind === "part" || entry.kind === "between";
    return isOurs && isLeft(entry.run, startedMs);
  });
  const { bucket } = layout;
  await inParallel(unfinished, REQUESTS_AT_ONCE, ({ key, uploadId }) =>
    store.uploads.abort({ bucket, key }, uploadId),
  );
  await inParallel(stale, REQUESTS_AT_ONCE, ({ key }) => store.remove({ bucket, key }));
  // The marks last: they tell whose the rest is.
  await inParallel([...dead], REQUESTS_AT_ONCE, (id) => store.remove(layout.marker(id)));
}

/** The runs that have marked the output, and what time it is for the endpoint. */
async function runsOf(store: S3Store, layout: S3OutputLayout, { run, isOver }: Clearing) {
  const markers = await collect(store.list(layout.markers));
  const nowMs = timeOf(markers, layout.marker(run).key);
  const alive = new Set(isOver ? [] : [run]);
  const dead = new Set(isOver ? [run] : []);
  await inParallel(markers, REQUESTS_AT_ONCE, async ({ key, modifiedMs }) => {
    const entry = layout.entryOf(key);
    if (entry.kind !== "marker" || entry.run === run) return;
    const found = await store.read({ bucket: layout.bucket, key }, MARKER_BYTES_MAX);
    if (found !== undefined && isDead(found.text, nowMs - modifiedMs)) dead.add(entry.run);
    else alive.add(entry.run);
  });
  return { alive, dead, nowMs };
}

function timeOf(markers: readonly StoredObject[], own: string): number {
  return markers.find(({ key }) => key === own)?.modifiedMs ?? 0;
}

/** All pages of a list. */
export async function collect<T>(pages: AsyncIterable<readonly T[]>): Promise<T[]> {
  const all: T[] = [];
  for await (const page of pages) for (const each of page) all.push(each);
  return all;
}
