/**
 * Whether the process that made a folder still lives, told by its number and its birth: in a
 * container that restarts, the job after a crash often has the very number of the one that died.
 */

import { readFileSync } from "node:fs";
import { systemCodeOf } from "../base/error.ts";

/** When a process of this machine began, in ticks since the machine did; "" where nobody says. */
export function birthOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is the program's name in parentheses, which may hold anything; see proc(5).
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return "";
  }
}

/** False only if it is dead for certain. `birth` is what `birthOf` said when it lived. */
export function mayBeAlive(pid: number, birth: string): boolean {
  return isThere(pid) && (birth === "" || birthOf(pid) === birth);
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCodeOf(error) !== "ESRCH";
  }
}
