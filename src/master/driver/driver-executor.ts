/**
 * Runs the steps of a job on the cluster, as seen from the job's driver: a plan goes to the leader, and
 * what attempts make comes back. A step that an earlier leader has seen to its end is not run again:
 * its outcome comes at once.
 */

import { createHash } from "node:crypto";
import { assert } from "../../base/assert.ts";
import { SheafError } from "../../base/error.ts";
import { grouped } from "../../base/numbers.ts";
import { cancelled } from "../../local/cancellation.ts";
import type { Executor, StepOutcome, StepPlan } from "../../local/executor.ts";
import { describeVerdict } from "../../local/verdict.ts";
import type { FromDriver, PlannedStep, ToDriver } from "./driver-message.ts";

/** The step that the leader runs. */
interface StepUnderWay {
  readonly plan: StepPlan;
  readonly resolve: (outcome: StepOutcome) => void;
  readonly reject: (reason: unknown) => void;
}

/** See the head of this file. */
export class DriverExecutor implements Executor {
  readonly #tell: (message: FromDriver) => void;
  #underWay: StepUnderWay | undefined;

  constructor(tell: (message: FromDriver) => void, signal: AbortSignal) {
    this.#tell = tell;
    signal.addEventListener("abort", () => this.#underWay?.reject(cancelled()), { once: true });
  }

  runStep(plan: StepPlan): Promise<StepOutcome> {
    assert(this.#underWay === undefined, "steps run one after the other");
    const { byLabel, endsAt } = plan.places();
    if (endsAt !== undefined) this.#warn(placesLeftOut(endsAt, plan.splits.length));
    const ended = new Promise<StepOutcome>((resolve, reject) => {
      this.#underWay = { plan, resolve, reject };
    });
    this.#tell({ type: "plan", plan: plannedStep(plan, byLabel) });
    return ended.finally(() => {
      this.#underWay = undefined;
    });
  }

  async close(): Promise<void> {}

  #warn(message: string): void {
    this.#tell({ type: "event", event: { type: "warning", message } });
  }

  /** Takes what the leader says about the step that runs. */
  take(message: Exclude<ToDriver, { type: "stop" }>): void {
    const step = this.#underWay;
    // After a failure there is nothing left to do for it.
    if (step === undefined) return;
    try {
      this.#take(step, message);
    } catch (error) {
      step.reject(error);
    }
  }

  #take({ plan, resolve, reject }: StepUnderWay, message: Exclude<ToDriver, { type: "stop" }>) {
    switch (message.type) {
      case "keep":
        plan.files
          .preserve(plan.label, message.attempt, message)
          .then(() => this.#tell({ type: "kept", id: message.id }), reject);
        return;
      case "won": {
        const { attempt, attempts, written } = message;
        if (written?.kind === "part" && plan.output.kind === "part") {
          const { committer } = plan.output;
          // The plan has asked for the first: the committer is to know of all that may have uploaded.
          for (let more = 1; more < attempts; more++) committer.uploadTarget(attempt.task, more);
          committer.commitTask(attempt.task, attempt.attempt, written.part);
        }
        return plan.files.commit(plan.label, attempt);
      }
      case "step-done":
        return resolve(message.outcome);
      case "step-failed":
        describeVerdict(message.verdict, plan).then(reject, reject);
        return;
      case "step-impossible":
        return reject(new SheafError(message.code, message.message));
    }
  }
}

function placesLeftOut(endsAt: number, splits: number): string {
  return (
    `The input's places are more than the masters keep: ${grouped(splits - endsAt)} of ` +
    `${grouped(splits)} map tasks run anywhere.`
  );
}

function plannedStep(plan: StepPlan, mapHosts: PlannedStep["mapHosts"]): PlannedStep {
  const { label, splits, windows, partitions, runs, inputBytes, previous } = plan;
  const facts = { label, splits, windows, partitions, runs };
  return {
    ...facts,
    inputBytes,
    previous,
    skippedMax: plan.skippedMax,
    skipped: plan.skipped,
    mapHosts,
    hash: createHash("sha256").update(JSON.stringify(facts)).digest("hex"),
    output: outputOf(plan),
  };
}

function outputOf({ output, partitions }: StepPlan): PlannedStep["output"] {
  if (output.kind === "step") return { kind: "step", path: output.place, uploads: undefined };
  const { committer } = output;
  const first = committer.uploadTarget(0, 0);
  if (first === undefined) {
    return { kind: "part", path: committer.partsFolder, uploads: undefined };
  }
  const uploads = Array.from({ length: partitions }, (_, partition) =>
    partition === 0 ? first : committer.uploadTarget(partition, 0)!,
  );
  return { kind: "part", path: committer.output, uploads };
}
