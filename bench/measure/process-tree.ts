/**
 * Watches a running process and all its descendants: how much memory they hold together, and how
 * much CPU time they have used. Linux only, since it reads /proc; elsewhere it finds nothing.
 */

import { readdirSync, readFileSync } from "node:fs";

/** The kernel tells times in ticks of 10 ms to every program, whatever it counts in itself. */
const TICKS_PER_S = 100;

/** See the head of this file. Each `look` takes 0.2 ms and more, by the number of threads. */
export class TreeWatch {
  readonly #root: number;
  readonly #ticks = new Map<number, number>();
  #peakBytes = 0;

  constructor(pid: number) {
    this.#root = pid;
  }

  /**
   * The highest memory seen so far: of the whole tree at one time, pages that two processes share
   * counted for both, or of one process as the kernel remembers it. Undefined if nothing was seen.
   */
  get peakBytes(): number | undefined {
    return this.#peakBytes === 0 ? undefined : this.#peakBytes;
  }

  /** CPU seconds of all processes, as of the last look at each. */
  get cpuS(): number {
    let ticks = 0;
    for (const own of this.#ticks.values()) ticks += own;
    return ticks / TICKS_PER_S;
  }

  look(): void {
    let residentBytes = 0;
    const pending = [this.#root];
    for (let pid = pending.pop(); pid !== undefined; pid = pending.pop()) {
      const status = read(`/proc/${pid}/status`);
      const stat = read(`/proc/${pid}/stat`);
      if (status === undefined || stat === undefined) continue;
      residentBytes += bytesIn(status, "VmRSS");
      this.#peakBytes = Math.max(this.#peakBytes, bytesIn(status, "VmHWM"));
      this.#ticks.set(pid, ticksIn(stat, USER_TIME));
      pending.push(...childrenOf(pid));
    }
    this.#peakBytes = Math.max(this.#peakBytes, residentBytes);
  }
}

/** CPU seconds of all children that this process has waited for, theirs included. */
export function waitedChildrenCpuS(): number | undefined {
  const stat = read("/proc/self/stat");
  return stat === undefined ? undefined : ticksIn(stat, CHILDREN_USER_TIME) / TICKS_PER_S;
}

/**
 * Whether any process of the group still runs. One that has ended and only waits for its parent, or
 * for the first process of the system, to take notice does not.
 */
export function groupRuns(group: number): boolean {
  return list("/proc").some((name) => {
    if (!/^\d+$/.test(name)) return false;
    const fields = fieldsOf(read(`/proc/${name}/stat`) ?? "");
    return Number(fields[GROUP]) === group && fields[STATE] !== "Z";
  });
}

/** Places in /proc/PID/stat behind the program's name; the system time follows the user time. */
const STATE = 0;
const GROUP = 2;
const USER_TIME = 11;
const CHILDREN_USER_TIME = 13;

function ticksIn(stat: string, place: number): number {
  const fields = fieldsOf(stat);
  return Number(fields[place]) + Number(fields[place + 1]);
}

/** The name may hold blanks and brackets; the fields begin behind its last bracket. */
function fieldsOf(stat: string): string[] {
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

/** Children hang below the thread that started them. */
function childrenOf(pid: number): number[] {
  const children: number[] = [];
  for (const thread of list(`/proc/${pid}/task`)) {
    const text = read(`/proc/${pid}/task/${thread}/children`);
    for (const child of text?.split(" ") ?? []) if (child !== "") children.push(Number(child));
  }
  return children;
}

function bytesIn(status: string, field: string): number {
  const at = status.indexOf(`${field}:`);
  return at < 0 ? 0 : Number.parseInt(status.slice(at + field.length + 1), 10) * 1024;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return undefined; // The process has ended, or this is not Linux.
  }
}

function list(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
