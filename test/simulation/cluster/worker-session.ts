/**
 * One session of a simulated worker with one master, as src/worker/session.ts holds it: nothing of an
 * older leader, or for another life, gets through, and a leader that is silent for too long is left.
 */

import { type Incarnation, type Term, term } from "../../../src/base/ids.ts";
import type { FromMaster, MasterMessage, Refused } from "../../../src/rpc/wire/from-master.ts";
import type { FromWorker, Register, WorkerMessage } from "../../../src/rpc/wire/from-worker.ts";
import type { End } from "../world/connection.ts";
import type { CallOff } from "../world/world.ts";

/** The highest term that any session of this process has seen. */
export interface TermSeen {
  term: Term;
}

/** What a session is made of. */
export interface WorkerSessionOptions {
  readonly end: End<FromWorker, FromMaster>;
  readonly incarnation: Incarnation;
  readonly register: Register;
  readonly seen: TermSeen;
  readonly onRegistered: () => void;
  readonly onMessage: (message: MasterMessage) => void;
  /** Called once; with why, if the leader said it. */
  readonly onOver: (refusal: Refused | undefined) => void;
}

const REGISTER_TIMEOUT_MS = 10_000;

/** See the head of this file. */
export class WorkerSession {
  readonly #options: WorkerSessionOptions;
  #term = term(0);
  #silenceMs = REGISTER_TIMEOUT_MS;
  #stopWatch: CallOff = () => {};
  #isRegistered = false;
  #isOver = false;

  constructor(options: WorkerSessionOptions) {
    this.#options = options;
    options.end.listen({
      hear: (said) => this.#hear(said),
      ended: () => this.#over(undefined),
    });
    this.#send(options.register);
    this.#watch();
  }

  /** Nobody hears it before the leader has registered the worker. */
  say(message: WorkerMessage): void {
    if (this.#isRegistered) this.#send(message);
  }

  #send(message: WorkerMessage): void {
    const { end, incarnation } = this.#options;
    end.say({ term: this.#term, incarnation, message });
  }

  #hear({ term: its, incarnation, message }: FromMaster): void {
    const { seen } = this.#options;
    if (this.#isOver || incarnation !== this.#options.incarnation || its < seen.term) return;
    seen.term = its;
    this.#term = its;
    switch (message.type) {
      case "refused":
        return this.#over(message);
      case "ping":
        this.#send({ type: "pong", sequence: message.sequence });
        return this.#watch();
      case "registered":
        this.#isRegistered = true;
        this.#silenceMs = message.pingTimeoutMs;
        this.#watch();
        return this.#options.onRegistered();
      default:
        if (this.#isRegistered) this.#options.onMessage(message);
    }
  }

  #watch(): void {
    this.#stopWatch();
    const { process } = this.#options.end;
    this.#stopWatch = process.after(this.#silenceMs, () => this.#over(undefined));
  }

  #over(refusal: Refused | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#isRegistered = false;
    this.#stopWatch();
    this.#options.end.close();
    this.#options.onOver(refusal);
  }
}
