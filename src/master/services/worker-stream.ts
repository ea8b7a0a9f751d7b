/**
 * A worker's stream: what comes in goes to the leader, and what the leader has to say goes out.
 */

import { SheafError } from "../../base/error.ts";
import { OutgoingQueue } from "../../rpc/outgoing-queue.ts";
import type { FromMaster } from "../../rpc/wire/from-master.ts";
import type { FromWorker } from "../../rpc/wire/from-worker.ts";
import type { Reign } from "../group/reign.ts";
import type { Leader } from "../leader/leader.ts";
import type { WorkerSession } from "../leader/worker-session.ts";

/** More than a worker that reads at all ever leaves unread. */
const MESSAGES_PENDING_MAX = 50_000;

/** Goes on until one of the two has no more to say. Throws `NOT_LEADER` before anything is said. */
export async function* converse(
  reign: Reign,
  requests: AsyncIterable<FromWorker>,
): AsyncGenerator<FromMaster> {
  const leader = reign.leading();
  const queue = new OutgoingQueue<FromMaster>(MESSAGES_PENDING_MAX);
  let bug: { readonly thrown: unknown } | undefined;
  void listen(leader, requests, queue)
    .catch((thrown) => {
      bug = { thrown };
    })
    .finally(() => queue.end());
  try {
    yield* queue;
  } finally {
    queue.end();
  }
  // A leader that is done ends the stream at once, though the worker would go on: it looks for the next.
  if (bug !== undefined) throw bug.thrown;
}

async function listen(
  leader: Leader,
  requests: AsyncIterable<FromWorker>,
  queue: OutgoingQueue<FromMaster>,
): Promise<void> {
  let session: WorkerSession | undefined;
  try {
    for await (const { incarnation, message } of requests) {
      if (session === undefined) {
        if (message.type !== "register") return;
        session = await leader.roster.register(incarnation, message, queue);
        if (session === undefined) return;
      } else if (incarnation === session.incarnation) leader.hear(session, message);
    }
  } catch (thrown) {
    if (!(thrown instanceof SheafError)) throw thrown;
    // The stream has broken, which is no news but that.
  } finally {
    if (session !== undefined) leader.roster.disconnected(session);
  }
}
