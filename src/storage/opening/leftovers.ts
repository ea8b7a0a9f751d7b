/**
 * What a survey has found that is of no use: left behind by crashes, or damaged.
 */

import type { Disk } from "../disk/disk.ts";
import { ASIDE_PREFIX, parseFileName } from "../file-names.ts";
import type { Survey } from "../survey/survey.ts";

/** Removes files, from the first to the last. */
export async function removeFiles(disk: Disk, names: readonly string[]): Promise<void> {
  for (const name of names) await disk.unlink(name);
  if (names.length > 0) await disk.syncFolder();
}

/** Files that a crash has left half made, segments that are void, and snapshots that are damaged. */
export function leftoversOf({ names, segments, snapshots }: Survey): string[] {
  const temporary = names.filter((name) => parseFileName(name).kind === "new");
  const isUseless = (scan: Survey["snapshots"][number]): boolean =>
    scan.state === "writing" || (scan.state === "snapshot" && scan.whole === undefined);
  return [
    ...temporary,
    ...segments.filter(({ isVoid }) => isVoid).map(({ name }) => name),
    ...snapshots.filter(isUseless).map(({ name }) => name),
  ];
}

/** Puts the whole log, and snapshots that are not whole, under names that are no part of it. */
export async function putAside(disk: Disk, { segments, snapshots }: Survey): Promise<void> {
  const damaged = snapshots.filter(
    ({ whole, state }) => whole === undefined && state === "snapshot",
  );
  for (const { name } of [...segments, ...damaged]) {
    await disk.rename(name, ASIDE_PREFIX + name);
  }
  await disk.syncFolder();
  await removeFiles(
    disk,
    snapshots.filter(({ state }) => state !== "snapshot").map(({ name }) => name),
  );
}

/** A number that no segment has had, also none that was put aside. */
export function nextSequenceOf(names: readonly string[]): number {
  const sequences = names.map((name) => {
    const parsed = parseFileName(name.replace(ASIDE_PREFIX, ""));
    return parsed.kind === "segment" ? parsed.sequence : 0;
  });
  return Math.max(0, ...sequences) + 1;
}
