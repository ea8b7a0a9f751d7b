/**
 * What a leader has of a job that is not in the log, and what the parts of a leader have in common.
 */

import type { JobId, WorkerName } from "../../base/ids.ts";
import type { SkippedRecord } from "../../job/failure.ts";
import type { JobEvent } from "../../job/report.ts";
import type { PlannedStep, ToDriver } from "../driver/driver-message.ts";
import type { ClusterCommand } from "../state/cluster-command.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import type { StepUnderWay } from "./step-under-way.ts";

/** The thread that drives a job. */
export interface JobDriver {
  tell(message: ToDriver): void;
  stop(): void;
  close(): Promise<void>;
}

/** What the leader has of a job that is not in the log. */
export interface ActiveJob {
  readonly driver: JobDriver;
  /** A step that is planned, and on its way to the log. */
  planned: PlannedStep | undefined;
  step: StepUnderWay | undefined;
  sample: Sample | undefined;
  /** Results that wait until their side files are kept. */
  readonly keeping: Map<number, () => void>;
  readonly warned: Set<string>;
  /** Ends of attempts that came before the driver had planned their step again. */
  readonly held: (() => void)[];
}

/** A sample that is to be read, or is. */
export interface Sample {
  readonly plan: PlannedStep;
  /** How many there were; the last of them counts. */
  attempts: number;
  readonly skip: SkippedRecord[];
}

/** What the parts of a leader work on together. */
export interface LeaderContext {
  readonly state: ClusterState;
  readonly active: Map<JobId, ActiveJob>;
  readonly clock: LeaderClock;
  /** So many bytes that nobody can guess, in hexadecimal. */
  readonly randomHex: (bytes: number) => string;
  /** Puts a command into the log; calls back when it has been applied and acted upon. */
  propose(command: ClusterCommand, applied?: () => void): void;
  /** The same, for whoever waits for it. Rejects with `NOT_LEADER`. */
  commit(command: ClusterCommand): Promise<void>;
  /** Something has changed that more may be assigned after. */
  schedule(): void;
  /** Tells whoever watches the job. */
  record(job: JobId, event: JobEvent, worker?: WorkerName): void;
  /** Tells whoever watches the master. */
  tell(what: string, words: string): void;
}

/** Two clocks: one that nobody sets, to measure time with, and the wall's, to tell people. */
export interface LeaderClock {
  /** Milliseconds since some moment. */
  nowMs(): number;
  /** Milliseconds since 1970, as far as this machine knows. */
  wallMs(): number;
}
