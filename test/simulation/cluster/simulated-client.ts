/**
 * A client of the cluster: it submits jobs, asks how they stand, cancels some, and goes on with another
 * master where one does not answer. It writes down what it asked and was told.
 */

import { SheafError } from "../../../src/base/error.ts";
import type { JobId } from "../../../src/base/ids.ts";
import type { JobSpec, Submission } from "../../../src/rpc/wire/job.ts";
import type { Chance } from "../../storage/support/chance.ts";
import type { History, Operation } from "../checks/history.ts";
import type { Ledger } from "../checks/ledger.ts";
import { drawWorkload, packWorkload } from "../workload/workload.ts";
import { call, isUnanswered } from "../world/call.ts";
import type { Host, Process } from "../world/host.ts";
import type { Network } from "../world/network.ts";
import type { Directory } from "./directory.ts";
import type { MasterLife } from "./master-life.ts";

/** What a client is told. */
export interface SimulatedClientOptions {
  readonly host: Host;
  readonly network: Network;
  readonly directory: Directory;
  readonly history: History;
  readonly ledger: Ledger;
  /** How many jobs it submits. */
  readonly jobs: number;
}

/** How one thing that was asked for has ended. */
type Answer<T> =
  | { readonly value: T; readonly fromOrder: number; readonly toOrder: number }
  /** Whether it may have been done all the same. */
  | { readonly value: undefined; readonly fromOrder: number; readonly mayBeDone: boolean };

/** What is no client's fault, and may be over at another master, or later. */
const PASSING: ReadonlySet<string> = new Set([
  ...["CLUSTER_UNREACHABLE", "NOT_LEADER", "LIMIT_REACHED"],
  // Of a process that is about to end.
  ...["NO_SPACE", "DATA_FAILED", "CANCELLED"],
]);
const CALL_MS = 5000;
const PAUSE_MS = 300;
const TRIES_MAX = 12;
const THINK_MS = 2500;
const BUNDLE = "0".repeat(64);

/** See the head of this file. */
export class SimulatedClient {
  readonly #options: SimulatedClientOptions;
  readonly #chance: Chance;
  readonly #process: Process;
  #target: string | undefined;
  #jobsLeft: number;
  /** Those that were answered. */
  readonly #submitted: Submission[] = [];
  #isEnding = false;
  isDone = false;

  constructor(options: SimulatedClientOptions) {
    this.#options = options;
    this.#chance = options.host.world.chance(`client ${options.host.name}`);
    this.#process = options.host.begin();
    this.#jobsLeft = options.jobs;
  }

  start(): void {
    this.#process.run(() => {
      this.#live().catch((thrown: unknown) => this.#process.world.fail(thrown));
    });
  }

  get hasSubmittedAll(): boolean {
    return this.#jobsLeft === 0;
  }

  /** It asks once more for everything, and is done. */
  finish(): void {
    this.#isEnding = true;
  }

  async #live(): Promise<void> {
    while (!this.#isEnding) {
      await this.#process.wait(this.#chance.between(0, THINK_MS));
      if (this.#jobsLeft > 0 && this.#chance.oneIn(2)) {
        await this.#submit(this.#drawSubmission(`${this.#name}-${this.#jobsLeft}`));
        this.#jobsLeft--;
      } else await this.#ask();
    }
    await this.#list(Number.POSITIVE_INFINITY);
    this.isDone = true;
  }

  get #name(): string {
    return this.#options.host.name;
  }

  async #ask(): Promise<void> {
    const { ledger } = this.#options;
    const known = [...ledger.jobs];
    if (known.length === 0 || this.#chance.oneIn(3)) return await this.#list(TRIES_MAX);
    if (this.#submitted.length > 0 && this.#chance.oneIn(8)) {
      return await this.#submit(this.#chance.pick(this.#submitted));
    }
    const [name, job] = this.#chance.pick(known);
    if (this.#chance.oneIn(12)) return await this.#cancel(name, job);
    const answer = await this.#until((life) => life.calls.get(job), TRIES_MAX, false);
    if (answer.value === undefined) return;
    const standing = answer.value.summary.state;
    this.#note({ kind: "status", job: name, standing }, answer);
  }

  #drawSubmission(name: string): Submission {
    const workload = drawWorkload(this.#chance);
    const spec: JobSpec = {
      ...{ name, bundle: BUNDLE, inputs: ["/in"], output: `/out/${name}`, overwrite: false },
      ...{ params: packWorkload(workload), environment: {}, partitions: workload.partitions },
      ...{ splitBytes: undefined, memoryBytes: undefined, skipBadRecords: undefined },
      ...{ taskTimeoutMs: undefined, attemptsMax: undefined },
      priority: this.#chance.below(3),
      slowStart: this.#chance.pick([undefined, 0, 0.5, 1]),
    };
    return { submission: `submission-of-${name}`, spec };
  }

  /** Also one that was answered before, as whoever has forgotten the answer does. */
  async #submit(submission: Submission): Promise<void> {
    const { ledger } = this.#options;
    const { name } = submission.spec;
    const tries = 1 + this.#chance.below(TRIES_MAX);
    const answer = await this.#until((life) => life.calls.submit(submission), tries, true);
    if (answer.value !== undefined) {
      ledger.submits(name, answer.value.job);
      if (!this.#submitted.includes(submission)) this.#submitted.push(submission);
      if (answer.value.repeated) this.#process.world.sometimes.saw("submission repeated");
    }
    this.#note({ kind: "submit", job: name }, answer);
  }

  async #cancel(name: string, job: JobId): Promise<void> {
    this.#options.ledger.cancels(job);
    const answer = await this.#until((life) => life.calls.cancel(job), TRIES_MAX, true);
    this.#note({ kind: "cancel", job: name, standing: answer.value }, answer);
  }

  async #list(triesMax: number): Promise<void> {
    const { ledger } = this.#options;
    const page = { pageSize: 1000, pageToken: "" };
    const answer = await this.#until((life) => life.calls.list(page), triesMax, false);
    if (answer.value === undefined) return;
    const jobs = answer.value.jobs.toReversed();
    for (const { name, job } of jobs) ledger.submits(name, job);
    const told = jobs.map(({ name, state }) => [name, state] as const);
    this.#note({ kind: "list", jobs: told }, answer);
  }

  /**
   * Asks one master after the other. What changes something is one thing however often it is asked
   * for, from the first time on; what is only read counts from the time that was answered.
   */
  async #until<T>(
    ask: (life: MasterLife) => Promise<T>,
    triesMax: number,
    changes: boolean,
  ): Promise<Answer<T>> {
    const { history } = this.#options;
    const firstOrder = history.now();
    let mayBeDone = false;
    for (let tries = 1; ; tries++) {
      const fromOrder = changes ? firstOrder : history.now();
      try {
        const value = await this.#call(ask);
        return { value, fromOrder, toOrder: history.now() };
      } catch (thrown) {
        if (!(thrown instanceof SheafError)) throw thrown;
        mayBeDone ||= isUnanswered(thrown) || thrown.data.mayBeInLog !== false;
        this.#heed(thrown);
        if (tries >= triesMax) {
          if (changes) this.#process.world.sometimes.saw("submission of an unknown end");
          return { value: undefined, fromOrder: firstOrder, mayBeDone };
        }
      }
      await this.#process.wait(this.#chance.between(PAUSE_MS / 2, PAUSE_MS * 2));
    }
  }

  #call<T>(ask: (life: MasterLife) => Promise<T>): Promise<T> {
    const { network, directory } = this.#options;
    const address = this.#target ?? this.#chance.pick([...directory.masters.keys()]);
    this.#target = address;
    const master = directory.masters.get(address);
    const timeoutMs = this.#chance.pick([CALL_MS, CALL_MS, 500]);
    const serve = async (): Promise<T> => {
      if (master?.life === undefined) throw new SheafError("NOT_LEADER", "It is only starting.");
      return await ask(master.life);
    };
    return call(network, { from: this.#process, to: master?.host, timeoutMs, serve });
  }

  /** Where to ask next. */
  #heed({ code, data }: SheafError): void {
    const { world } = this.#process;
    if (code === "CLUSTER_UNREACHABLE" && data.isUnanswered === undefined) {
      world.sometimes.saw("read refused without a quorum");
    }
    world.expect(PASSING.has(code), () => `A client is refused with ${code}.`);
    this.#target = typeof data.leader === "string" ? data.leader : undefined;
  }

  #note(operation: Operation, answer: Answer<unknown>): void {
    const { history } = this.#options;
    if ("toOrder" in answer) {
      history.add(this.#name, operation, answer.fromOrder, answer.toOrder);
    } else if (answer.mayBeDone) {
      history.add(this.#name, operation, answer.fromOrder, Number.POSITIVE_INFINITY);
    }
  }
}
