/**
 * Masters that run no job: real servers on loopback that speak the real protocol and tell of jobs what
 * a test has written down. They share one state, as masters that agree on a log do; who leads, who
 * is dead, and where streams break, the test says.
 */

import { createHash } from "node:crypto";
import { EventEmitter, once } from "node:events";
import type { Pace } from "../../src/base/backoff.ts";
import { SheafError } from "../../src/base/error.ts";
import { incarnation, type JobId, jobId, memberId, term, workerName } from "../../src/base/ids.ts";
import { Cluster } from "../../src/client/cluster.ts";
import type { JobEnded, JobEvent, PhaseProgress } from "../../src/job/report.ts";
import type { TlsIdentity } from "../../src/rpc/security/tls-identity.ts";
import type { Token } from "../../src/rpc/security/token.ts";
import type { RpcServer } from "../../src/rpc/server/rpc-server.ts";
import type { Call, Handlers } from "../../src/rpc/server/serve.ts";
import { clusterService } from "../../src/rpc/services/cluster-service.ts";
import { jobService } from "../../src/rpc/services/job-service.ts";
import { notLeader } from "../../src/rpc/status.ts";
import type { BundlePiece } from "../../src/rpc/wire/bundle.ts";
import type { ClusterStatus, MemberStatus, Replacement } from "../../src/rpc/wire/cluster.ts";
import type { NumberedEvent } from "../../src/rpc/wire/event.ts";
import type { JobReport, JobSpec, JobStanding, JobSummary } from "../../src/rpc/wire/job.ts";
import type { LogPiece, LogsRequest } from "../../src/rpc/wire/job-calls.ts";
import { partialService } from "./answering-services.ts";
import { RpcNodes } from "./rpc-nodes.ts";

/**
 * What befalls a stream before its next message: the connection is cut, the stream ends as if it were
 * over, the server fails, another master leads from now on, or all is sent that was sent before.
 */
export type Fault = "cut" | "end" | "fail" | "depose" | "repeat";

/** Waits that are over as soon as what else there is to do is done. */
export const NO_WAITS: Pace = {
  random: () => 0.5,
  wait: (_ms, signal) =>
    new Promise((resolve, reject) => {
      setImmediate(() => (signal?.aborted === true ? reject(signal.reason) : resolve()));
    }),
};

/** How a cluster is set up. */
export interface ScriptedClusterOptions {
  readonly masters?: number;
  readonly tls?: TlsIdentity;
  readonly token?: Token;
}

/** See the head of this file. */
export class ScriptedCluster {
  readonly #nodes = new RpcNodes();
  readonly #options: ScriptedClusterOptions;
  readonly #servers: RpcServer[] = [];
  readonly #changes = new EventEmitter().setMaxListeners(0);
  #leader: number | undefined = 0;
  /** Goes up with each leader. */
  #term = 1;
  readonly jobs = new Map<JobId, ScriptedJob>();
  readonly bundles = new Map<string, Uint8Array>();
  readonly replacements: Replacement[] = [];
  /** Masters that are on their way into the group. */
  readonly joining: MemberStatus[] = [];
  /** Names of the calls that came, at leaders and others. */
  readonly calls: string[] = [];
  /** What a job does as soon as it is submitted. */
  onSubmit: (job: ScriptedJob) => void = () => {};
  /** What befalls the streams, message by message. */
  nextFault: () => Fault | undefined = () => undefined;
  /** Called when a call has come, before it is answered. */
  onCall: (name: string) => void = () => {};

  private constructor(options: ScriptedClusterOptions) {
    this.#options = options;
  }

  static async start(options: ScriptedClusterOptions = {}): Promise<ScriptedCluster> {
    const cluster = new ScriptedCluster(options);
    for (let index = 0; index < (options.masters ?? 1); index++) await cluster.revive(index);
    return cluster;
  }

  async close(): Promise<void> {
    await this.#nodes.close();
  }

  /** "host:port", by the master's index. */
  address(index: number): string {
    return this.#servers[index]!.addressText;
  }

  /** As `--masters` takes them. */
  get masters(): string {
    return this.#servers.map(({ addressText }) => addressText).join(",");
  }

  /** A client of all of them that waits for nothing longer than it has to; close it. */
  connect(): Cluster {
    return new Cluster({
      addresses: this.#servers.map(({ address }) => address),
      tls: undefined,
      pace: NO_WAITS,
      channelLimits: { reconnectMsMin: 1, reconnectMsMax: 1 },
    });
  }

  /** Makes a master the leader, or nobody; streams of the one before are told. */
  lead(index: number | undefined): void {
    this.#leader = index;
    this.#term++;
    this.#changes.emit("change");
  }

  /** The master's process dies. Another leads if it did. */
  async kill(index: number, next?: number): Promise<void> {
    if (this.#leader === index) {
      this.#leader = next;
      this.#term++;
    }
    await this.#servers[index]!.close(0);
  }

  /** Starts a master, anew if it was there before. */
  async revive(index: number): Promise<void> {
    const { tls, token } = this.#options;
    const before = this.#servers[index];
    this.#servers[index] = await this.#nodes.listen(
      [
        partialService(jobService, this.#jobHandlers(index)),
        partialService(clusterService, this.#clusterHandlers(index)),
      ],
      { tls, token, ...(before && { address: before.address }) },
    );
  }

  /** A job without a submission. */
  add(id: string, spec: Partial<JobSpec> = {}): ScriptedJob {
    const job = new ScriptedJob(jobId(id), { ...EMPTY_SPEC, ...spec }, this.#changes);
    this.jobs.set(job.id, job);
    return job;
  }

  /** The only job there is. */
  get job(): ScriptedJob {
    const [job] = this.jobs.values();
    if (job === undefined || this.jobs.size > 1)
      throw new Error(`${this.jobs.size} jobs are here.`);
    return job;
  }

  #jobHandlers(index: number): Partial<Handlers<typeof jobService>> {
    return {
      hasBundle: async (hash) => {
        this.#mustLead(index, "hasBundle");
        return this.bundles.has(hash);
      },
      putBundle: async (pieces) => {
        this.#mustLead(index, "putBundle");
        await this.#takeBundle(pieces);
        return undefined;
      },
      submitJob: async ({ submission, spec }) => {
        this.#mustLead(index, "submitJob");
        if (!this.bundles.has(spec.bundle)) throw new SheafError("NOT_FOUND", "No such bundle.");
        const id = jobId(`j-${submission.slice(0, 8)}`);
        const repeated = this.jobs.has(id);
        if (!repeated) this.onSubmit(this.add(id, spec));
        return { job: id, repeated };
      },
      watchJob: ({ job, fromSequence }, call) => {
        this.#mustLead(index, "watchJob");
        const { events, hasEnded } = this.#find(job);
        return this.#stream(index, call, {
          items: () => latestAlone(events).filter(({ sequence }) => sequence >= fromSequence),
          isComplete: () => hasEnded(),
        });
      },
      listJobs: async ({ pageSize, pageToken }) => {
        this.#mustLead(index, "listJobs");
        const all = [...this.jobs.values()].map((job) => job.summary()).reverse();
        const start = Number(pageToken);
        const jobs = all.slice(start, start + pageSize);
        const end = start + pageSize;
        return { jobs, nextPageToken: end < all.length ? String(end) : "" };
      },
      getJob: async (job) => {
        this.#mustLead(index, "getJob");
        return this.#find(job).report();
      },
      cancelJob: async (id) => {
        this.#mustLead(index, "cancelJob");
        const job = this.#find(id);
        if (!job.hasEnded()) job.onCancel(job);
        return job.state;
      },
      readLogs: (request, call) => {
        this.#mustLead(index, "readLogs");
        const job = this.#find(request.job);
        return this.#stream(index, call, {
          items: () => job.logs.filter((piece) => isWanted(piece, request)),
          isComplete: () => !request.follow || job.hasEnded(),
        });
      },
    };
  }

  #clusterHandlers(index: number): Partial<Handlers<typeof clusterService>> {
    return {
      status: async () => {
        this.#called("status");
        return this.#status(index);
      },
      replace: async (replacement) => {
        this.#mustLead(index, "replace");
        this.replacements.push(replacement);
        const { old, new: member, newAddress: address } = replacement;
        const others = this.#members().filter((it) => it.member !== old);
        const added = {
          member,
          address,
          role: "follower",
          isReachable: true,
          matchIndex: 1,
        } as const;
        return [...others, added];
      },
    };
  }

  #called(name: string): void {
    this.calls.push(name);
    this.onCall(name);
  }

  #mustLead(index: number, name: string): void {
    this.#called(name);
    if (this.#leader !== index) throw this.#notLeader();
  }

  #notLeader(): SheafError {
    const leader = this.#leader;
    if (leader === undefined) return notLeader(undefined);
    const address = this.address(leader);
    return notLeader({ member: memberId(leader + 1), address, term: term(this.#term) });
  }

  #find(id: JobId): ScriptedJob {
    const job = this.jobs.get(id);
    if (job !== undefined) return job;
    throw new SheafError("NOT_FOUND", `There is no job "${id}". To see the jobs: sheaf jobs`);
  }

  /** What there is, then what comes, until it is complete, and as the faults allow. */
  async *#stream<T>(
    index: number,
    call: Call,
    source: { readonly items: () => readonly T[]; readonly isComplete: () => boolean },
  ): AsyncGenerator<T> {
    const sent = new Set<T>();
    for (;;) {
      const next = source.items().find((item) => !sent.has(item));
      if (next === undefined && source.isComplete()) return;
      if (this.#leader !== index) throw this.#notLeader();
      if (next === undefined) {
        await once(this.#changes, "change", { signal: call.signal });
        continue;
      }
      switch (this.nextFault()) {
        case undefined:
          break;
        case "cut":
          return call.peer.hangUp("was cut off by the test");
        case "end":
          return;
        case "fail":
          throw new SheafError("CLUSTER_UNREACHABLE", "The test wants it so.");
        case "depose":
          this.lead((index + 1) % this.#servers.length);
          continue;
        case "repeat":
          yield* sent;
      }
      sent.add(next);
      yield next;
    }
  }

  async #takeBundle(pieces: AsyncIterable<BundlePiece>): Promise<void> {
    const chunks: Uint8Array[] = [];
    let header: Extract<BundlePiece, { kind: "header" }> | undefined;
    for await (const piece of pieces) {
      if (piece.kind === "header") header = piece;
      else chunks.push(piece.data);
    }
    const bytes = Buffer.concat(chunks);
    const hash = createHash("sha256").update(bytes).digest("hex");
    if (header?.hash !== hash || header.sizeBytes !== bytes.length) {
      throw new SheafError("MESSAGE_INVALID", "The bundle is not what its header says.");
    }
    this.bundles.set(hash, bytes);
  }

  #members(): MemberStatus[] {
    return this.#servers.map(({ addressText: address }, index) => ({
      member: memberId(index + 1),
      address,
      role:
        this.#leader === index ? "leader" : this.#leader === undefined ? "candidate" : "follower",
      isReachable: true,
      matchIndex: 1234,
    }));
  }

  #status(index: number): ClusterStatus {
    const isLeader = this.#leader === index;
    return {
      leader: this.#leader === undefined ? undefined : memberId(this.#leader + 1),
      term: term(this.#term),
      members: isLeader ? [...this.#members(), ...this.joining] : [this.#members()[index]!],
      workers: isLeader ? WORKERS : [],
      version: "1.2.3",
      lastIndex: 1234,
      commitIndex: 1230,
      snapshotIndex: 1000,
    };
  }
}

const WORKERS: ClusterStatus["workers"] = [
  {
    worker: workerName("w1"),
    incarnation: incarnation("i1"),
    address: "10.0.0.11:7078",
    state: "live",
    slots: 4,
    running: 3,
    silentMs: 240,
    host: "box-1",
    rack: "",
    reason: "",
  },
  {
    worker: workerName("w2"),
    incarnation: incarnation("i2"),
    address: "10.0.0.12:7078",
    state: "excluded",
    slots: 4,
    running: 0,
    silentMs: 510,
    host: "box-2",
    rack: "r7",
    reason: "5 tasks failed on it",
  },
];

/** Of reports of progress, masters keep the latest. */
function latestAlone(events: readonly NumberedEvent[]): NumberedEvent[] {
  const latest = events.findLast(({ event }) => event.type === "progress");
  return events.filter((it) => it === latest || it.event.type !== "progress");
}

function isWanted({ attempt }: LogPiece, { phase, task }: LogsRequest): boolean {
  if (phase !== undefined && attempt.phase !== phase) return false;
  return task === undefined || attempt.task === task;
}

const EMPTY_SPEC: JobSpec = {
  name: "word-count",
  bundle: "",
  inputs: ["/data/in"],
  output: "/data/out",
  overwrite: false,
  params: new Uint8Array(),
  environment: {},
  partitions: undefined,
  splitBytes: undefined,
  memoryBytes: undefined,
  skipBadRecords: undefined,
  taskTimeoutMs: undefined,
  attemptsMax: undefined,
  priority: 0,
  slowStart: undefined,
};

const NO_PROGRESS: PhaseProgress = {
  tasks: 0,
  running: 0,
  completed: 0,
  records: 0,
  bytes: 0,
  bytesTotal: 0,
  spills: 0,
  retries: 0,
  skippedRecords: 0,
};

/** A job: what it tells, and what is told of it. */
export class ScriptedJob {
  readonly id: JobId;
  readonly spec: JobSpec;
  readonly events: NumberedEvent[] = [];
  readonly logs: LogPiece[] = [];
  readonly running: JobReport["running"][number][] = [];
  submittedMs = Date.now();
  readonly #changes: EventEmitter;
  /** What it does when it is cancelled; it ends, unless a test says otherwise. */
  onCancel: (job: ScriptedJob) => void = (job) => job.fail("CANCELLED", "The job was cancelled.");

  constructor(id: JobId, spec: JobSpec, changes: EventEmitter) {
    this.id = id;
    this.spec = spec;
    this.#changes = changes;
  }

  /** The next event happens, or has happened; to an attempt it did on a worker. */
  tell(event: JobEvent, { agoMs = 0, worker }: { agoMs?: number; worker?: string } = {}): void {
    const sequence = this.events.length + 1;
    const timeMs = Date.now() - agoMs;
    const name = worker === undefined ? undefined : workerName(worker);
    this.events.push({ sequence, timeMs, event, worker: name });
    this.#changes.emit("change");
  }

  /** It ends without a result. */
  fail(code: string, message: string): void {
    this.tell({ type: "job-ended", ok: false, error: { code, message } });
  }

  /** An attempt has ended and left a text. */
  log(piece: LogPiece): void {
    this.logs.push(piece);
    this.#changes.emit("change");
  }

  readonly hasEnded = (): boolean => this.#ended !== undefined;

  get #ended(): JobEnded | undefined {
    const last = this.events.at(-1)?.event;
    return last?.type === "job-ended" ? last : undefined;
  }

  get state(): JobStanding {
    const ended = this.#ended;
    if (ended === undefined) return this.events.length === 0 ? "pending" : "running";
    if (ended.ok) return "succeeded";
    return ended.error?.code === "CANCELLED" ? "cancelled" : "failed";
  }

  summary(): JobSummary {
    const progress = this.events.map(({ event }) => event).findLast((it) => it.type === "progress");
    const last = this.events.at(-1);
    return {
      job: this.id,
      name: this.spec.name,
      state: this.state,
      submittedMs: this.submittedMs,
      endedMs: this.hasEnded() ? last!.timeMs : undefined,
      priority: this.spec.priority,
      map: progress?.type === "progress" ? progress.map : NO_PROGRESS,
      reduce: progress?.type === "progress" ? progress.reduce : NO_PROGRESS,
      runningAttempts: this.running.length,
      output: this.spec.output,
    };
  }

  report(): JobReport {
    const failures = this.events.flatMap(({ event, worker }) =>
      event.type === "attempt-failed" ? [{ ...event, worker }] : [],
    );
    return {
      summary: this.summary(),
      step: { step: 0, iteration: 1 },
      running: this.running,
      failures,
      ended: this.#ended,
      lastSequence: this.events.length,
    };
  }
}
