/**
 * What clients follow of a job: its events, and what its attempts write to the console. Streams end
 * with the reign that they began in: cut off from the others, a master that led hears nothing more for
 * as long as the cut lasts, and the state that it gets in a snapshot is another one than is read here.
 */

import { CHUNK_BYTES_MAX } from "../../rpc/limits.ts";
import { notLeader } from "../../rpc/status.ts";
import type { NumberedEvent } from "../../rpc/wire/event.ts";
import type { LogPiece, LogsRequest, WatchRequest } from "../../rpc/wire/job-calls.ts";
import { PLAN_INTERVAL_MS } from "../../scheduler/plan.ts";
import type { Leader } from "../leader/leader.ts";
import { jobOf } from "./job-report.ts";

/** Somewhat less than what passes between two ticks of the leader: each may bring news of progress. */
const PROGRESS_INTERVAL_MS = 0.75 * PLAN_INTERVAL_MS;
/** A character may take three bytes, and a piece has a bound in bytes. */
const LOG_CHARS_MAX = Math.floor(CHUNK_BYTES_MAX / 3);

/**
 * What has happened, then what happens, until the job has ended. Of progress, the latest alone. Throws
 * `NOT_LEADER` when the leader leads no more.
 */
export async function* watchJob(
  leader: Leader,
  { job: id, fromSequence }: WatchRequest,
  signal: AbortSignal,
): AsyncGenerator<NumberedEvent> {
  const job = jobOf(leader, id);
  let next = Math.max(0, fromSequence - 1);
  const news = new News(leader, signal);
  let toldMs = Number.NEGATIVE_INFINITY;
  try {
    while (!signal.aborted) {
      while (next < job.events.length) yield job.events[next++]!;
      if (job.ended !== undefined) return;
      mustLead(leader);
      const isDue = leader.nowMs - toldMs >= PROGRESS_INTERVAL_MS;
      const progress = isDue ? leader.progressOf(id) : undefined;
      if (progress !== undefined) {
        toldMs = leader.nowMs;
        const timeMs = leader.wallMs;
        yield { sequence: next + 1, timeMs, event: progress, worker: undefined };
        continue;
      }
      await news.next();
    }
  } finally {
    news.close();
  }
}

/**
 * What attempts wrote, and, if it is to be followed, what others write until the job has ended. Throws
 * likewise.
 */
export async function* readLogs(
  leader: Leader,
  request: LogsRequest,
  signal: AbortSignal,
): AsyncGenerator<LogPiece> {
  const job = jobOf(leader, request.job);
  const news = new News(leader, signal);
  try {
    for (let from = 0; !signal.aborted; ) {
      const isLast = !request.follow || job.ended !== undefined;
      const { pieces, next } = leader.logs.read(from, request);
      from = next;
      for (const piece of pieces) yield* inChunks(piece);
      if (isLast) return;
      mustLead(leader);
      await news.next();
    }
  } finally {
    news.close();
  }
}

/** Who leads instead is not known yet, mostly. */
function mustLead(leader: Leader): void {
  if (leader.isClosed) throw notLeader(undefined);
}

function* inChunks(piece: LogPiece): Generator<LogPiece> {
  for (let at = 0; at < piece.text.length; at += LOG_CHARS_MAX) {
    yield { ...piece, text: piece.text.slice(at, at + LOG_CHARS_MAX) };
  }
}

/** Waits for something to happen at the leader, if it is only that time has passed. */
class News {
  readonly #unwatch: () => void;
  #wake = (): void => {};

  constructor(leader: Leader, signal: AbortSignal) {
    this.#unwatch = leader.watch(() => this.#wake());
    signal.addEventListener("abort", () => this.#wake(), { once: true });
  }

  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  close(): void {
    this.#unwatch();
  }
}
