/**
 * What really happened on workers and in the shared folder, written down by those who did it: what the
 * masters believe is compared with it.
 */

import type { Incarnation, JobId } from "../../../src/base/ids.ts";
import { attemptKey } from "../../../src/rpc/attempt-name.ts";
import type { AnyAttemptRef } from "../../../src/rpc/wire/attempt.ts";
import type { World } from "../world/world.ts";

/** See the head of this file. */
export class Ledger {
  readonly #world: World;
  readonly #finished = new Set<string>();
  /** By part: the attempt whose part it became. */
  readonly #published = new Map<string, number>();
  /** What the cluster calls the jobs that clients have heard of, by the clients' own names. */
  readonly #jobs = new Map<string, JobId>();
  readonly #cancelled = new Set<JobId>();
  readonly #givenUp = new Set<string>();

  constructor(world: World) {
    this.#world = world;
  }

  /** A life of a worker has seen an attempt to its end, and succeeded. */
  finished(life: Incarnation, attempt: AnyAttemptRef): void {
    this.#finished.add(`${life} ${attemptKey(attempt)}`);
  }

  hasFinished(life: string, attempt: AnyAttemptRef): boolean {
    return this.#finished.has(`${life} ${attemptKey(attempt)}`);
  }

  /** A part has got its name: one commit for each partition, however many leaders do it. */
  publishes(output: string, partition: number, attempt: number): void {
    const key = `${output} ${partition}`;
    const known = this.#published.get(key) ?? attempt;
    this.#world.expect(
      known === attempt,
      () => `Attempts ${known} and ${attempt} are both published as ${key}.`,
    );
    this.#published.set(key, attempt);
  }

  /** The masters have given a life of a worker up: nothing of it counts any more. */
  givesUp(life: string): void {
    this.#givenUp.add(life);
  }

  isGivenUp(life: string): boolean {
    return this.#givenUp.has(life);
  }

  /** A client was told what a job is called: the same to everybody, for ever. */
  submits(name: string, job: JobId): void {
    const known = this.#jobs.get(name) ?? job;
    this.#world.expect(known === job, () => `The job ${name} is called ${known}, and ${job}.`);
    this.#jobs.set(name, job);
  }

  get jobs(): ReadonlyMap<string, JobId> {
    return this.#jobs;
  }

  /** Some client has asked for a job's end. */
  cancels(job: JobId): void {
    this.#cancelled.add(job);
  }

  wasCancelled(job: JobId): boolean {
    return this.#cancelled.has(job);
  }
}
