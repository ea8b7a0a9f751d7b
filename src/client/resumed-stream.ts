/**
 * A stream of the leader's that goes on when it breaks: the leader is looked for, the same or
 * another, and the stream begun again where it is to go on. What it repeats is for the stream's own
 * `take` to leave out.
 */

import { type Pace, pause, REAL_PACE, type RetryPolicy, waitMs } from "../base/backoff.ts";
import { SheafError } from "../base/error.ts";
import type { JobId } from "../base/ids.ts";
import { mayGoElsewhere, whyInVain } from "../rpc/client/masters.ts";
import { type CallOptions, type Stub, stub } from "../rpc/client/stub.ts";
import { jobService } from "../rpc/services/job-service.ts";
import type { Cluster } from "./cluster.ts";

/** A leader was lost, and a leader found: perhaps the same one. */
export interface LeaderChange {
  readonly lost: string;
  /** Why, as the end of a line. */
  readonly reason: string;
  readonly following: string;
}

/** Who is told what, and what ends it. */
export interface FollowOptions {
  /** Ends it with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Told when the stream goes on after it broke. */
  readonly onChange?: ((change: LeaderChange) => void) | undefined;
  /** Where chance and waits come from. */
  readonly pace?: Pace;
}

/** A stream of a job's. */
export interface JobStream<T> {
  /** Begins it where it is to go on. */
  open(jobs: Stub<typeof jobService>, options: CallOptions): AsyncIterable<T>;
  /** What is new of an item; undefined if nothing is. */
  take(item: T): T | undefined;
  /** Whether it is complete, if it ends now without an error. */
  isComplete(): boolean;
}

/** Streams that break at once, at a leader that answers, are not begun again for ever. */
const BARREN: RetryPolicy = { triesMax: 10, firstWaitMs: 200, waitMsMax: 3000 };
/** One that has lasted so long has done its work: there was nothing to tell. */
const LASTING_MS = 10_000;

/** See the head of this file. Throws `NOT_FOUND`, `CLUSTER_UNREACHABLE`, or the signal's reason. */
export async function* resumed<T>(
  cluster: Cluster,
  job: JobId,
  stream: JobStream<T>,
  { signal, onChange, pace = REAL_PACE }: FollowOptions,
): AsyncGenerator<T> {
  const { answerMs, returnMs } = cluster.patience;
  let lost: Omit<LeaderChange, "following"> | undefined;
  for (let barren = 0; ; ) {
    const leader = await cluster.leader((jobs, bounds) => jobs.getJob(job, bounds), {
      signal,
      answerMs: lost === undefined ? answerMs : returnMs,
    });
    if (lost !== undefined) onChange?.({ ...lost, following: leader.peer });
    const startMs = performance.now();
    let isBarren = true;
    let failure: unknown = CUT_SHORT;
    try {
      for await (const item of stream.open(stub(jobService, leader), signal ? { signal } : {})) {
        const fresh = stream.take(item);
        if (fresh === undefined) continue;
        isBarren = false;
        yield fresh;
      }
      if (stream.isComplete()) return;
    } catch (thrown) {
      signal?.throwIfAborted();
      if (!mayGoElsewhere(thrown)) throw thrown;
      failure = thrown;
    }
    lost = { lost: leader.peer, reason: whyInVain(failure) };
    cluster.masters.report(failure, leader);
    barren = isBarren && performance.now() - startMs < LASTING_MS ? barren + 1 : 0;
    if (barren >= BARREN.triesMax) throw failure;
    if (barren > 0) await pause(pace, waitMs(barren, BARREN, pace.random()), signal);
  }
}

const CUT_SHORT = new SheafError("CLUSTER_UNREACHABLE", "A master ended a stream too early.", {
  data: { reason: "it ended the stream too early" },
});
