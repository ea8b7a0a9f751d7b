/**
 * The API of jobs as a machine that does one thing at a time: what a client may believe. It knows jobs
 * by name and how they stand, nothing of tasks or masters. A job moves on by itself between two
 * operations, and never back: whoever sees it has seen that it came so far.
 */

import type { Operation, Standing } from "./history.ts";

/** A job, as far as anybody was told. */
interface ModelJob {
  /** The latest that was seen. */
  readonly standing: Standing;
  readonly isCancelled: boolean;
}

/** See the head of this file; never changed, so that a search can go back to one. */
export interface Model {
  /** In the order of their submission. */
  readonly jobs: readonly (readonly [string, ModelJob])[];
}

export const NO_JOBS: Model = { jobs: [] };

const RANK: Readonly<Record<Standing, number>> = {
  pending: 0,
  running: 1,
  succeeded: 2,
  failed: 2,
  cancelled: 2,
};

/** The model after an operation with this answer; undefined if it could not have been answered so. */
export function after(model: Model, operation: Operation): Model | undefined {
  switch (operation.kind) {
    case "submit":
      return submitted(model, operation.job);
    case "cancel":
      return cancelled(model, operation.job, operation.standing);
    case "status":
      return seen(model, operation.job, operation.standing);
    case "list": {
      const names = operation.jobs.map(([name]) => name).join();
      if (names !== model.jobs.map(([name]) => name).join()) return undefined;
      let next: Model | undefined = model;
      for (const [name, standing] of operation.jobs) next &&= seen(next, name, standing);
      return next;
    }
  }
}

/** The same text for the same model. */
export function textOf({ jobs }: Model): string {
  return jobs
    .map(([name, { standing, isCancelled }]) => `${name} ${standing} ${isCancelled}`)
    .join();
}

/** The first submission of a name makes a job; all others are told of the same. */
function submitted(model: Model, name: string): Model {
  if (model.jobs.some(([known]) => known === name)) return model;
  return { jobs: [...model.jobs, [name, { standing: "pending", isCancelled: false }]] };
}

function cancelled(model: Model, name: string, standing: Standing | undefined): Model | undefined {
  if (!model.jobs.some(([known]) => known === name)) return undefined;
  const next = change(model, name, (job) => ({ ...job, isCancelled: true }));
  return standing === undefined ? next : seen(next, name, standing);
}

function seen(model: Model, name: string, standing: Standing): Model | undefined {
  const job = model.jobs.find(([known]) => known === name)?.[1];
  if (job === undefined) return undefined;
  if (standing === "cancelled" && !job.isCancelled) return undefined;
  const isOn = RANK[standing] > RANK[job.standing] || standing === job.standing;
  return isOn ? change(model, name, (before) => ({ ...before, standing })) : undefined;
}

function change(model: Model, name: string, how: (job: ModelJob) => ModelJob): Model {
  return { jobs: model.jobs.map((entry) => (entry[0] === name ? [name, how(entry[1])] : entry)) };
}
