/**
 * One session: a stream to one master, from `register` until it breaks, is refused, or the leader has
 * been silent for too long. It answers pings itself, and passes on what else it is told.
 *
 * What always holds: nothing of an older leader, or for another life of the worker, gets through; and
 * a session that cannot send any more ends.
 */

import type { Cancel, Clock } from "../base/clock.ts";
import { SheafError } from "../base/error.ts";
import { type Incarnation, type Term, term } from "../base/ids.ts";
import type { Channel } from "../rpc/client/channel.ts";
import { stub } from "../rpc/client/stub.ts";
import { OutgoingQueue } from "../rpc/outgoing-queue.ts";
import { workerService } from "../rpc/services/worker-service.ts";
import type { FromMaster, MasterMessage, Refused } from "../rpc/wire/from-master.ts";
import type { FromWorker, Register, WorkerMessage } from "../rpc/wire/from-worker.ts";

/** What a leader says once it has registered a worker, but for its pings. */
export type LeaderMessage = Exclude<
  MasterMessage,
  { readonly type: "registered" | "refused" | "ping" }
>;

/** The highest term that any session of this worker has seen. */
export interface TermSeen {
  term: Term;
}

/** What a session is made of. */
export interface SessionOptions {
  readonly channel: Channel;
  readonly incarnation: Incarnation;
  readonly register: Register;
  readonly seen: TermSeen;
  readonly clock: Clock;
  /** The worker is one of the cluster's from now on. */
  readonly onRegistered: (session: Session) => void;
  readonly onMessage: (message: LeaderMessage) => void;
}

/** Why a session ended, unless it was aborted. */
export type SessionEnd =
  | { readonly type: "left" }
  | { readonly type: "refused"; readonly refusal: Refused }
  | { readonly type: "broken"; readonly error: SheafError };

/** For a master to say anything at all. */
const REGISTER_TIMEOUT_MS = 10_000;
/** More than a leader that reads at all ever leaves unread. */
const MESSAGES_PENDING_MAX = 50_000;

/** See the head of this file. */
export class Session {
  readonly #options: SessionOptions;
  readonly #outgoing = new OutgoingQueue<FromWorker>(MESSAGES_PENDING_MAX);
  readonly #controller = new AbortController();
  #term: Term = term(0);
  #silenceMs = REGISTER_TIMEOUT_MS;
  #cancelWatch: Cancel = () => {};
  isRegistered = false;
  #isLeaving = false;

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  /** Sends a message; lost if the session ends before the leader has taken it. */
  say(message: WorkerMessage): void {
    const { incarnation } = this.#options;
    if (this.#outgoing.push({ term: this.#term, incarnation, message })) return;
    this.#fail("takes nothing of what it is told");
  }

  /** Says that the worker ends; the session ends when the leader knows it. */
  leave(): void {
    this.#isLeaving = true;
    this.say({ type: "leaving" });
  }

  /** Goes on until the session ends. Throws the signal's reason, and bugs. */
  async run(signal: AbortSignal): Promise<SessionEnd> {
    const abort = () => this.#controller.abort(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    try {
      signal.throwIfAborted();
      return await this.#converse();
    } catch (thrown) {
      signal.throwIfAborted();
      if (this.#isLeaving) return { type: "left" };
      if (thrown instanceof SheafError) return { type: "broken", error: thrown };
      throw thrown;
    } finally {
      signal.removeEventListener("abort", abort);
      this.isRegistered = false;
      this.#cancelWatch();
      this.#outgoing.end();
    }
  }

  async #converse(): Promise<SessionEnd> {
    const { channel, register } = this.#options;
    const { signal } = this.#controller;
    this.say(register);
    this.#watch();
    for await (const said of stub(workerService, channel).session(this.#outgoing, { signal })) {
      if (!this.#isMeant(said)) continue;
      const { message } = said;
      if (message.type === "refused") return { type: "refused", refusal: message };
      this.#take(message);
    }
    throw unreachable(channel, "ended the session");
  }

  /** Whether a message is the present leader's to this life of the worker. */
  #isMeant({ term: its, incarnation, message }: FromMaster): boolean {
    const { seen } = this.#options;
    if (incarnation !== this.#options.incarnation) return false;
    // A follower may be behind; that it does not lead is true all the same.
    if (message.type === "refused" && message.reason === "not-leader") return true;
    if (its < seen.term) return false;
    seen.term = its;
    this.#term = its;
    return true;
  }

  #take(message: Exclude<MasterMessage, Refused>): void {
    switch (message.type) {
      case "ping":
        this.say({ type: "pong", sequence: message.sequence });
        this.#watch();
        return;
      case "registered":
        this.isRegistered = true;
        this.#silenceMs = message.pingTimeoutMs;
        this.#watch();
        this.#options.onRegistered(this);
        return;
      default:
        // Before it has registered us, a leader has nothing to say that we could trust.
        if (this.isRegistered) this.#options.onMessage(message);
    }
  }

  /** From now on the leader has so long for its next ping. */
  #watch(): void {
    this.#cancelWatch();
    this.#cancelWatch = this.#options.clock.after(this.#silenceMs, () =>
      this.#fail(`was silent for ${this.#silenceMs / 1000} s`),
    );
  }

  #fail(why: string): void {
    this.#controller.abort(unreachable(this.#options.channel, why));
  }
}

function unreachable({ peer }: Channel, reason: string): SheafError {
  const message = `Lost the master ${peer}: it ${reason}.`;
  return new SheafError("CLUSTER_UNREACHABLE", message, { data: { peer, reason: `it ${reason}` } });
}
