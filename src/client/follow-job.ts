/**
 * The events of a job from its first to its last, whatever becomes of the masters meanwhile.
 *
 * What always holds: each is told once, in order, and the last one is the job's end.
 */

import type { JobId } from "../base/ids.ts";
import type { NumberedEvent } from "../rpc/wire/event.ts";
import type { Cluster } from "./cluster.ts";
import { type FollowOptions, resumed } from "./resumed-stream.ts";
import { SeenEvents } from "./seen-events.ts";

/** See the head of this file. Throws `NOT_FOUND`, `CLUSTER_UNREACHABLE`, or the signal's reason. */
export async function* followJob(
  cluster: Cluster,
  job: JobId,
  options: FollowOptions = {},
): AsyncGenerator<NumberedEvent> {
  const seen = new SeenEvents();
  const events = resumed<NumberedEvent>(
    cluster,
    job,
    {
      open: (jobs, bounds) => jobs.watchJob({ job, fromSequence: seen.fromSequence }, bounds),
      take: (event) => (seen.take(event) ? event : undefined),
      // It ends with the job's end, which is looked for below.
      isComplete: () => false,
    },
    options,
  );
  for await (const event of events) {
    yield event;
    if (event.event.type === "job-ended") return;
  }
}
