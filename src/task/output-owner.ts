/**
 * Who a staging folder belongs to: a file in it names the process that made it, so that the next
 * job can tell what a dead one left behind from what a live one is still writing.
 */

import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { birthOf, mayBeAlive } from "./process-life.ts";

/** The name of that file. */
export const OWNER_FILE = "owner.json";
/** A folder without a readable owner is somebody's first moment, or the end of somebody's disk. */
const OWNERLESS_MS_MAX = 60_000;

/** The process that made a staging folder. */
interface Owner {
  readonly pid: number;
  readonly host: string;
  /** Tells the process from a later one with its number; empty where the system does not say. */
  readonly birth: string;
  readonly startedMs: number;
  /** The output folder that the staging folder is for. */
  readonly output: string;
}

/** Makes this process the owner of a staging folder. */
export function writeOwner(folder: string, output: string): void {
  const { pid } = process;
  const owner: Owner = {
    pid,
    host: hostname(),
    birth: birthOf(pid),
    startedMs: Date.now(),
    output,
  };
  writeFileSync(join(folder, OWNER_FILE), `${JSON.stringify(owner)}\n`);
}

/** Whether a staging folder is for this output and its process is dead for certain. */
export function isAbandoned(folder: string, output: string): boolean {
  const owner = readOwner(folder);
  if (owner === undefined) {
    const holdsNothing = readdirSync(folder).every((name) => name === OWNER_FILE);
    return holdsNothing && Date.now() - statSync(folder).mtimeMs > OWNERLESS_MS_MAX;
  }
  if (owner.output !== output) return false;
  // Nothing is known here of the processes of another host that shares the disk.
  if (owner.host !== hostname()) return false;
  return !mayBeAlive(owner.pid, owner.birth);
}

function readOwner(folder: string): Owner | undefined {
  try {
    const owner = JSON.parse(readFileSync(join(folder, OWNER_FILE), "utf8")) as Partial<Owner>;
    const { pid, host, birth, startedMs, output } = owner;
    if (typeof pid !== "number" || !Number.isSafeInteger(pid) || pid <= 0) return undefined;
    if (typeof host !== "string" || typeof birth !== "string") return undefined;
    if (typeof startedMs !== "number" || typeof output !== "string") return undefined;
    return { pid, host, birth, startedMs, output };
  } catch {
    return undefined;
  }
}
