/**
 * A real leader with the real state machine behind it, whose time, log, driver and workers are a
 * test's: for what must be decided in one tick, and for very many tasks.
 */

import { incarnation, term, workerName } from "../../../src/base/ids.ts";
import { packageFacts } from "../../../src/base/package-facts.ts";
import { type Counters, zeroTaskCounters } from "../../../src/job/counters.ts";
import { packParams } from "../../../src/job/packed-params.ts";
import type {
  FromDriver,
  PlannedStep,
  ToDriver,
} from "../../../src/master/driver/driver-message.ts";
import { Leader } from "../../../src/master/leader/leader.ts";
import type { WorkerSession } from "../../../src/master/leader/worker-session.ts";
import type { ClusterCommand } from "../../../src/master/state/cluster-command.ts";
import { ClusterMachine } from "../../../src/master/state/cluster-machine.ts";
import { decodeCommand, encodeCommand } from "../../../src/master/state/command-codec.ts";
import { OutgoingQueue } from "../../../src/rpc/outgoing-queue.ts";
import type { AnyAttemptRef } from "../../../src/rpc/wire/attempt.ts";
import type { FromMaster, MasterMessage } from "../../../src/rpc/wire/from-master.ts";
import type { Register } from "../../../src/rpc/wire/from-worker.ts";
import type { JobSpec } from "../../../src/rpc/wire/job.ts";
import { columnsOf } from "../../../src/rpc/wire/region.ts";
import type { ReportedOutput } from "../../../src/rpc/wire/result.ts";
import { Bell } from "../../support/bell.ts";

const SPEC: JobSpec = {
  ...{ name: "job.ts", bundle: "ab".repeat(32), inputs: ["/in"], output: "/out" },
  ...{ overwrite: false, params: packParams({}), environment: {}, priority: 0 },
  ...{ partitions: undefined, splitBytes: undefined, memoryBytes: undefined },
  ...{ skipBadRecords: undefined, taskTimeoutMs: undefined, attemptsMax: undefined },
  slowStart: 1,
};
const SPLIT_BYTES = 1000;

type Appending = { readonly commands: readonly Uint8Array[]; readonly resolve: () => void };

/** See the head of this file. */
export class LeaderBench {
  nowMs = 1000;
  wallMs = 1_800_000_000_000;
  readonly machine: ClusterMachine;
  leader: Leader;
  /** What the driver of the job was told. */
  readonly told: ToDriver[] = [];
  /** All that went into the log. */
  readonly logged: ClusterCommand[] = [];
  readonly bell = new Bell();
  /** What waits for the log while it is held up. */
  #held: Appending[] | undefined;
  #fromDriver: (message: FromDriver) => void = () => {};

  constructor() {
    this.machine = new ClusterMachine((effects) => this.leader.applied(effects));
    this.leader = this.#lead(1, 5000);
  }

  /** Has another master lead, in the next term, which knows nothing but the log. */
  async elect(pingTimeoutMs: number): Promise<void> {
    await this.leader.close();
    this.leader = this.#lead(2, pingTimeoutMs);
  }

  #lead(itsTerm: number, pingTimeoutMs: number): Leader {
    return new Leader({
      state: this.machine.state,
      log: { append: (commands) => this.#append(commands) },
      term: term(itsTerm),
      bundleOf: async () => new Uint8Array(),
      drive: (_data, onMessage) => {
        this.#fromDriver = onMessage;
        return { tell: (said) => this.#tell(said), stop() {}, close: async () => {} };
      },
      clock: { nowMs: () => this.nowMs, wallMs: () => this.wallMs },
      randomHex: (bytes) => "ab".repeat(bytes),
      pingIntervalMs: 1000,
      pingTimeoutMs,
      onEvent: () => {},
      onBug: (thrown) => {
        throw thrown;
      },
    });
  }

  /** Submits a job of one step, and plans it. */
  async submit(maps: number, partitions: number): Promise<void> {
    await this.leader.submit({ submission: "submission-of-a-test", spec: SPEC });
    await new Promise((resolve) => setImmediate(resolve));
    const splits = Array.from({ length: maps }, (_, index) => {
      return { index, segments: [], sizeBytes: SPLIT_BYTES };
    });
    const plan: PlannedStep = {
      ...{ label: { step: 0, iteration: 1 }, splits, windows: [], partitions, runs: undefined },
      ...{ inputBytes: maps * SPLIT_BYTES, previous: {}, skippedMax: 0, skipped: 0 },
      ...{ mapHosts: [], hash: "h" },
      output: { kind: "part", path: "/out", uploads: undefined },
    };
    this.#fromDriver({ type: "plan", plan });
  }

  /** What the log gets from now on stays on its way; the answer lets it arrive, as one batch. */
  holdLog(): () => void {
    const held: Appending[] = [];
    this.#held = held;
    return () => {
      this.#held = undefined;
      for (const { commands, resolve } of held) {
        this.#apply(commands);
        resolve();
      }
    };
  }

  /** Puts a command into the log that the leader did not think of. */
  inject(command: ClusterCommand): void {
    this.#apply([encodeCommand(command)]);
  }

  /** Lets time pass, and tells the leader. */
  pass(ms: number): void {
    this.nowMs += ms;
    this.leader.roster.tick();
    this.leader.tick();
  }

  /** Resolves when the driver was told so. */
  async hears(type: ToDriver["type"]): Promise<ToDriver> {
    const find = () => this.told.find((message) => message.type === type);
    await this.bell.until(() => find() !== undefined);
    return find()!;
  }

  #tell(said: ToDriver): void {
    this.told.push(said);
    this.bell.ring();
  }

  async #append(commands: readonly Uint8Array[]): Promise<void> {
    const held = this.#held;
    if (held !== undefined) {
      return await new Promise((resolve) => held.push({ commands, resolve }));
    }
    this.#apply(commands);
  }

  #apply(commands: readonly Uint8Array[]): void {
    for (const command of commands) {
      this.logged.push(decodeCommand(command));
      this.machine.apply(command);
    }
  }
}

/** A worker that does nothing by itself but answer pings, unless `works`. */
export class BenchWorker {
  readonly heard: MasterMessage[] = [];
  readonly #bench: LeaderBench;
  readonly #partitions: number;
  readonly #works: boolean;
  #session: WorkerSession | undefined;
  answersPings = true;

  private constructor(bench: LeaderBench, partitions: number, works: boolean) {
    this.#bench = bench;
    this.#partitions = partitions;
    this.#works = works;
  }

  static async register(
    bench: LeaderBench,
    name: string,
    { slots = 1, partitions = 1, works = false } = {},
  ): Promise<BenchWorker> {
    const worker = new BenchWorker(bench, partitions, works);
    const queue = new OutgoingQueue<FromMaster>(1_000_000);
    void worker.#listen(queue);
    const register: Register = {
      ...{ type: "register", worker: workerName(name), regionAddress: "127.0.0.1:1", slots },
      ...{ slotMemoryBytes: 2 ** 24, host: "", rack: "", version: packageFacts().version },
      ...{ running: [], ended: [], jobs: [] },
    };
    const life = incarnation(`life-of-${name}`);
    worker.#session = await bench.leader.roster.register(life, register, queue);
    return worker;
  }

  get life() {
    return this.#session!.incarnation;
  }

  /** Resolves when it was told to run an attempt of a task. */
  async assigned(phase: "map" | "reduce", task: number, attempt = 0): Promise<AnyAttemptRef> {
    const find = () =>
      this.heard.find(
        (message) =>
          message.type === "assign" &&
          message.assignment.attempt.phase === phase &&
          message.assignment.attempt.task === task &&
          message.assignment.attempt.attempt === attempt,
      );
    await this.#bench.bell.until(() => find() !== undefined);
    const found = find();
    return (found as Extract<MasterMessage, { type: "assign" }>).assignment.attempt;
  }

  /** Says that an attempt has succeeded, having read so many records. */
  succeeds(attempt: AnyAttemptRef, records = 1): void {
    const name = attempt.phase === "map" ? "MAP_INPUT_RECORDS" : "REDUCE_INPUT_RECORDS";
    const task = { ...zeroTaskCounters(), [name]: records };
    const counters: Counters = { task, user: { seen: records } };
    const region = { lengthBytes: 40, records: 1, blockBytesMax: 40 };
    const output: ReportedOutput =
      attempt.phase === "map"
        ? { kind: "map", regions: columnsOf(new Array(this.#partitions).fill(region)) }
        : { kind: "part", part: { records, bytes: records, crc32: "00000000" } };
    const nothing = { bad: [], skipped: 0, lastSkipped: undefined, log: "", leftRunning: [] };
    const result = { counters, spills: 0, output, ...nothing };
    this.#bench.leader.hear(this.#session!, { type: "attempt-succeeded", attempt, result });
  }

  async #listen(queue: OutgoingQueue<FromMaster>): Promise<void> {
    for await (const { message } of queue) {
      if (message.type === "ping") {
        const { sequence } = message;
        if (this.answersPings) this.#bench.leader.hear(this.#session!, { type: "pong", sequence });
        continue;
      }
      if (!this.#works) {
        this.heard.push(message);
        this.#bench.bell.ring();
      } else if (message.type === "assign") this.succeeds(message.assignment.attempt);
    }
  }
}
