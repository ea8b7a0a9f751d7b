/**
 * The link to whoever leads: one session after the other, with whichever master leads, for as long as
 * the worker lives. What happens between sessions is decided here: whom to try next and when, when to
 * begin a new life, and when to give up.
 */

import type { Clock } from "../base/clock.ts";
import { SheafError } from "../base/error.ts";
import { type Incarnation, term } from "../base/ids.ts";
import type { Channel } from "../rpc/client/channel.ts";
import { type Masters, whyInVain } from "../rpc/client/masters.ts";
import { notLeader } from "../rpc/status.ts";
import type { Refused } from "../rpc/wire/from-master.ts";
import type { Register, WorkerMessage } from "../rpc/wire/from-worker.ts";
import { type LeaderMessage, Session, type TermSeen } from "./session.ts";
import type { WorkerLog } from "./worker-log.ts";

/** The worker's side of a link. */
export interface LinkedWorker {
  /** Its present life, and what it would register with. */
  introduce(): { readonly incarnation: Incarnation; readonly register: Register };
  /** A session has begun: what may not have been heard is told again. */
  registered(): void;
  /** There is none any more. */
  disconnected(): void;
  take(message: LeaderMessage): void;
  /** This life was given up by the leader: begin another one. */
  beginLife(): Promise<void>;
}

/** What a link is made of. */
export interface LeaderLinkOptions {
  readonly masters: Masters;
  readonly clock: Clock;
  readonly log: WorkerLog;
  readonly worker: LinkedWorker;
}

/** A cluster that is full may have room when a worker of it has died. */
const FULL_WAIT_MS = 5000;
const NEW_LIFE_WAIT_MS = 100;

/** See the head of this file. */
export class LeaderLink {
  readonly #options: LeaderLinkOptions;
  readonly #seen: TermSeen = { term: term(0) };
  #session: Session | undefined;
  #channel: Channel | undefined;
  readonly #waiting = new Set<(channel: Channel) => void>();
  /** What was logged last, so that an outage takes a few lines and not thousands. */
  #complaint: string | undefined;

  constructor(options: LeaderLinkOptions) {
    this.#options = options;
  }

  get isRegistered(): boolean {
    return this.#session !== undefined;
  }

  /** Says something to the leader; nobody hears it where there is none. */
  say(message: WorkerMessage): void {
    this.#session?.say(message);
  }

  /** Tells the leader that the worker ends, and `run` to when it knows; false if there is no leader. */
  leave(): boolean {
    this.#session?.leave();
    return this.#session !== undefined;
  }

  /** The leader's channel, as soon as there is a leader. Throws the signal's reason. */
  async leader(signal: AbortSignal): Promise<Channel> {
    signal.throwIfAborted();
    if (this.#channel !== undefined) return this.#channel;
    return await new Promise((resolve, reject) => {
      const settle = (channel: Channel) => {
        signal.removeEventListener("abort", abort);
        resolve(channel);
      };
      const abort = () => {
        this.#waiting.delete(settle);
        reject(signal.reason);
      };
      signal.addEventListener("abort", abort, { once: true });
      this.#waiting.add(settle);
    });
  }

  /**
   * Goes on until the worker has left, or the signal aborts; then it throws its reason.
   *
   * @throws SheafError `ACCESS_DENIED` if the cluster will never take this worker.
   */
  async run(signal: AbortSignal): Promise<void> {
    for (;;) {
      const channel = this.#options.masters.current();
      const end = await this.#hold(channel, signal);
      if (end.type === "left") return;
      if (end.type === "refused") await this.#refused(end.refusal, channel, signal);
      else await this.#broken(end.error, channel, signal);
    }
  }

  async #hold(channel: Channel, signal: AbortSignal) {
    const { masters, clock, log, worker } = this.#options;
    const session = new Session({
      ...worker.introduce(),
      channel,
      seen: this.#seen,
      clock,
      onRegistered: () => {
        masters.answered(channel);
        this.#session = session;
        this.#channel = channel;
        this.#complaint = undefined;
        const facts = { leader: channel.peer, term: this.#seen.term };
        log.info("registered", `Registered with the leader ${channel.peer}.`, facts);
        worker.registered();
        for (const settle of this.#waiting) settle(channel);
        this.#waiting.clear();
      },
      onMessage: (message) => worker.take(message),
    });
    try {
      return await session.run(signal);
    } finally {
      this.#session = undefined;
      this.#channel = undefined;
      worker.disconnected();
    }
  }

  async #broken(error: SheafError, channel: Channel, signal: AbortSignal): Promise<void> {
    if (error.code === "ACCESS_DENIED" || error.code === "USAGE") throw error;
    this.#complain(`${channel.peer}: ${whyInVain(error)}.`, { peer: channel.peer });
    await this.#goOn(error, channel, signal);
  }

  async #refused(refusal: Refused, channel: Channel, signal: AbortSignal): Promise<void> {
    const { log, worker, clock } = this.#options;
    const { reason, message } = refusal;
    switch (reason) {
      case "not-leader":
        return await this.#goOn(notLeader(refusal.leader), channel, signal);
      case "full":
        this.#complain(`The cluster is full: ${message}`, { peer: channel.peer });
        return await clock.wait(FULL_WAIT_MS, signal);
      case "lost":
        log.warn("new-life", `The leader has given this worker up; it begins anew. ${message}`);
        await worker.beginLife();
        // Whatever the leader says next, this is no loop without a wait.
        return await clock.wait(NEW_LIFE_WAIT_MS, signal);
      case "version":
      case "superseded":
        throw new SheafError("ACCESS_DENIED", `The cluster refused this worker: ${message}`, {
          data: { reason },
        });
    }
  }

  /** On to the next master, or after a wait to the same. */
  async #goOn(error: SheafError, channel: Channel, signal: AbortSignal): Promise<void> {
    const { masters } = this.#options;
    // Whatever it was, another session may do better: the masters decide where, and how soon.
    const told = masters.report(error, channel);
    if (told === "give-up") {
      masters.report(new SheafError("CLUSTER_UNREACHABLE", error.message), channel);
    }
    await masters.pause(signal);
  }

  #complain(words: string, facts: { readonly peer: string }): void {
    if (this.#complaint === words) return;
    this.#complaint = words;
    this.#options.log.warn("disconnected", `No leader: ${words}`, facts);
  }
}
