/**
 * A run's mark in its output on S3, so that another can tell what a dead run has left behind from
 * what a live one is still writing. It is written before anything else and removed after everything
 * else, and renewed every minute while the run lives.
 *
 * Whether a run is dead is judged by its process, where that would be on this machine, and else by
 * the age of its mark. Ages are differences of the endpoint's own times: no clock has to be right.
 */

import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import type { S3Store } from "../s3/s3-store.ts";
import type { S3Location } from "../s3/s3-url.ts";
import { birthOf, mayBeAlive } from "./process-life.ts";

const RENEWAL_MS = 60_000;
/** A mark that nobody has renewed for so long is a dead run's. */
export const DEAD_AFTER_MS = 15 * 60_000;

/** What a mark says of its process. */
interface RunOwner {
  readonly pid: number;
  readonly host: string;
  /** Which life of the machine, since hosts may share a name; "" where the system does not say. */
  readonly boot: string;
  readonly birth: string;
}

/** The mark of this process's run. */
export class RunMarker {
  readonly #store: S3Store;
  readonly #location: S3Location;
  readonly #renewalMs: number;
  #renewal: NodeJS.Timeout | undefined;

  constructor(store: S3Store, location: S3Location, renewalMs: number = RENEWAL_MS) {
    this.#store = store;
    this.#location = location;
    this.#renewalMs = renewalMs;
  }

  /** Writes it, and keeps it fresh from now on. */
  async write(): Promise<void> {
    await this.#put();
    this.#renewal = setInterval(() => void this.#renew(), this.#renewalMs).unref();
  }

  /** Whether it is still there; another run may have taken this one for dead. */
  async isThere(): Promise<boolean> {
    return (await this.#store.look(this.#location)) !== undefined;
  }

  /** Lets it grow old. */
  close(): void {
    clearInterval(this.#renewal);
  }

  async #put(): Promise<void> {
    await this.#store.write(this.#location, Buffer.from(`${JSON.stringify(thisProcess())}\n`));
  }

  async #renew(): Promise<void> {
    try {
      // One that was removed must stay so, or the run would think that all it has is there.
      if (await this.isThere()) await this.#put();
    } catch {
      // The next renewal tries again.
    }
  }
}

/** Whether a mark with this text, written so long ago, is a dead run's. */
export function isDead(text: string, ageMs: number): boolean {
  if (ageMs > DEAD_AFTER_MS) return true;
  const owner = parseOwner(text);
  const here = thisProcess();
  const isHere = owner !== undefined && owner.host === here.host && owner.boot === here.boot;
  return isHere && owner.boot !== "" && !mayBeAlive(owner.pid, owner.birth);
}

function thisProcess(): RunOwner {
  const { pid } = process;
  return { pid, host: hostname(), boot: bootId(), birth: birthOf(pid) };
}

function bootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return "";
  }
}

function parseOwner(text: string): RunOwner | undefined {
  try {
    const { pid, host, boot, birth } = JSON.parse(text) as Partial<RunOwner>;
    if (!Number.isSafeInteger(pid) || pid! <= 0) return undefined;
    if (typeof host !== "string" || typeof boot !== "string" || typeof birth !== "string")
      return undefined;
    return { pid: pid!, host, boot, birth };
  } catch {
    return undefined;
  }
}
