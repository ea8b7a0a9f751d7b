/**
 * The services of a master: what workers and clients ask, in terms of its leader.
 */

import { SheafError } from "../base/error.ts";
import type { Incarnation, JobId, MemberId, Term } from "../base/ids.ts";
import { packageFacts } from "../base/package-facts.ts";
import { BUNDLE_BYTES_MAX, CHUNK_BYTES_MAX } from "../rpc/limits.ts";
import { OutgoingQueue } from "../rpc/outgoing-queue.ts";
import { type Service, service } from "../rpc/server/serve.ts";
import { clusterService } from "../rpc/services/cluster-service.ts";
import { jobService } from "../rpc/services/job-service.ts";
import { workerService } from "../rpc/services/worker-service.ts";
import type { BundlePiece } from "../rpc/wire/bundle.ts";
import type { ClusterStatus, WorkerStatus } from "../rpc/wire/cluster.ts";
import type { NumberedEvent } from "../rpc/wire/event.ts";
import type { FromMaster } from "../rpc/wire/from-master.ts";
import type { FromWorker } from "../rpc/wire/from-worker.ts";
import type { LogPiece, LogsRequest, WatchRequest } from "../rpc/wire/job-calls.ts";
import type { BundleFolder } from "./bundle-folder.ts";
import type { ClusterJob } from "./cluster-state.ts";
import { reportOf, summaryOf } from "./job-report.ts";
import type { Leader } from "./leader.ts";
import type { WorkerSession } from "./worker-session.ts";

/** More than a worker that reads at all ever leaves unread. */
const MESSAGES_PENDING_MAX = 50_000;
const PROGRESS_INTERVAL_MS = 200;
/** A character may take three bytes, and a piece has a bound in bytes. */
const LOG_CHARS_MAX = Math.floor(CHUNK_BYTES_MAX / 3);

/** What the services know of the master. */
export interface ServedMaster {
  readonly leader: Leader;
  readonly bundles: BundleFolder;
  readonly member: MemberId;
  readonly term: Term;
  /** "host:port". */
  readonly address: () => string;
}

/** See the head of this file. */
export function masterServices(master: ServedMaster): Service[] {
  const { leader, bundles } = master;
  return [
    service(workerService, {
      session: (requests) => converse(leader, requests),
      getBundle: (hash) => sendBundle(bundles, hash),
    }),
    service(jobService, {
      hasBundle: async (hash) => bundles.has(hash),
      putBundle: async (pieces) => {
        await takeBundle(bundles, pieces);
        return undefined;
      },
      submitJob: async (submission) => {
        bundles.require(submission.spec.bundle);
        return await leader.submit(submission);
      },
      watchJob: (request, { signal }) => watchJob(leader, request, signal),
      listJobs: async ({ pageSize, pageToken }) => {
        const jobs = [...leader.state.jobs.values()].reverse();
        const from = pageToken === "" ? 0 : jobs.findIndex(({ id }) => id === pageToken);
        const page = jobs.slice(Math.max(0, from), Math.max(0, from) + pageSize);
        const next = jobs[Math.max(0, from) + pageSize]?.id ?? "";
        return { jobs: page.map((job) => summaryOf(leader, job)), nextPageToken: next };
      },
      getJob: async (job) => reportOf(leader, jobOf(leader, job)),
      cancelJob: async (job) => {
        jobOf(leader, job);
        await leader.cancel(job);
        return jobOf(leader, job).standing;
      },
      readLogs: (request, { signal }) => readLogs(leader, request, signal),
    }),
    service(clusterService, {
      status: async () => statusOf(master),
      replace: async () => {
        throw new SheafError(
          "USAGE",
          "This master is alone in its group: there is none to replace.",
        );
      },
    }),
  ];
}

async function* converse(
  leader: Leader,
  requests: AsyncIterable<FromWorker>,
): AsyncGenerator<FromMaster> {
  const queue = new OutgoingQueue<FromMaster>(MESSAGES_PENDING_MAX);
  const listening = listen(leader, requests, queue);
  // It is awaited when all has been said, which may be long after it has thrown.
  listening.catch(() => {});
  try {
    yield* queue;
  } finally {
    queue.end();
  }
  await listening;
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
    queue.end();
    if (session !== undefined) leader.roster.disconnected(session);
  }
}

async function* sendBundle(bundles: BundleFolder, hash: string): AsyncGenerator<Uint8Array> {
  const bytes = bundles.read(hash);
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES_MAX) {
    yield bytes.subarray(at, at + CHUNK_BYTES_MAX);
  }
}

async function takeBundle(
  bundles: BundleFolder,
  pieces: AsyncIterable<BundlePiece>,
): Promise<void> {
  let hash: string | undefined;
  let size = 0;
  const chunks: Uint8Array[] = [];
  for await (const piece of pieces) {
    if (piece.kind === "header") {
      if (hash !== undefined) throw new SheafError("MESSAGE_INVALID", "A bundle has one header.");
      hash = piece.hash;
      continue;
    }
    size += piece.data.length;
    if (size > BUNDLE_BYTES_MAX) throw new SheafError("LIMIT_REACHED", "The bundle is too large.");
    chunks.push(piece.data);
  }
  if (hash === undefined)
    throw new SheafError("MESSAGE_INVALID", "A bundle begins with its header.");
  bundles.add(hash, Buffer.concat(chunks));
}

/** What has happened, then what happens, until the job has ended. Of progress, the latest alone. */
async function* watchJob(
  leader: Leader,
  { job: id, fromSequence }: WatchRequest,
  signal: AbortSignal,
): AsyncGenerator<NumberedEvent> {
  const job = jobOf(leader, id);
  let next = Math.max(0, fromSequence - 1);
  const news = new News(leader, signal);
  let toldMs = 0;
  try {
    while (!signal.aborted) {
      while (next < job.events.length) yield job.events[next++]!;
      if (job.ended !== undefined) return;
      const progress = leader.progressOf(id);
      if (progress !== undefined && Date.now() - toldMs >= PROGRESS_INTERVAL_MS) {
        toldMs = Date.now();
        yield { sequence: next + 1, timeMs: toldMs, event: progress, worker: undefined };
        continue;
      }
      await news.next();
    }
  } finally {
    news.close();
  }
}

/** What attempts wrote, and, if it is to be followed, what others write until the job has ended. */
async function* readLogs(
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
      await news.next();
    }
  } finally {
    news.close();
  }
}

function* inChunks(piece: LogPiece): Generator<LogPiece> {
  for (let at = 0; at < piece.text.length; at += LOG_CHARS_MAX) {
    yield { ...piece, text: piece.text.slice(at, at + LOG_CHARS_MAX) };
  }
}

/** Waits for something to happen at the leader, and not for long. */
class News {
  readonly #unwatch: () => void;
  readonly #timer: NodeJS.Timeout;
  #wake = (): void => {};

  constructor(leader: Leader, signal: AbortSignal) {
    this.#unwatch = leader.watch(() => this.#wake());
    this.#timer = setInterval(() => this.#wake(), PROGRESS_INTERVAL_MS);
    signal.addEventListener("abort", () => this.#wake(), { once: true });
  }

  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  close(): void {
    clearInterval(this.#timer);
    this.#unwatch();
  }
}

function jobOf(leader: Leader, id: JobId): ClusterJob {
  const job = leader.state.jobs.get(id);
  if (job !== undefined) return job;
  throw new SheafError("NOT_FOUND", `The cluster has no job ${id}. "sheaf jobs" lists them.`);
}

function statusOf({ leader, member, term, address }: ServedMaster): ClusterStatus {
  const sessions = new Map<Incarnation, WorkerSession>();
  for (const session of leader.roster.sessions.values()) sessions.set(session.incarnation, session);
  const workers = [...leader.state.workers.values()].map((worker): WorkerStatus => {
    const session = sessions.get(worker.incarnation);
    return {
      worker: worker.name,
      incarnation: worker.incarnation,
      address: worker.regionAddress,
      state: worker.isLost ? "lost" : session === undefined ? "suspect" : "live",
      slots: worker.slots,
      running: session?.running ?? 0,
      silentMs: session === undefined ? 0 : Math.max(0, leader.nowMs - session.answeredMs),
      host: worker.host,
      rack: worker.rack,
      reason: "",
    };
  });
  const self = {
    member,
    address: address(),
    role: "leader",
    isReachable: true,
    matchIndex: 0,
  } as const;
  return { leader: member, term, members: [self], workers, version: packageFacts().version };
}
