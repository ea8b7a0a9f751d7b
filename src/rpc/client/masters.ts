/**
 * The masters of a cluster as those see them who need their leader, clients and workers: which one to
 * ask next, and when. A follower's hint is followed, to an address that nobody has named too; one
 * that does not answer makes way for the next in turn; when all were asked in vain, that is a round,
 * and before the next there is a wait that doubles, with chance in it, up to a bound.
 *
 * What always holds: no more than `MASTERS_MAX` channels are open, each is used again, and nobody
 * who asks by this class asks in a loop without a wait.
 */

import { type Pace, pause, REAL_PACE, type RetryPolicy, waitMs } from "../../base/backoff.ts";
import { messageOf, SheafError } from "../../base/error.ts";
import { MEMBERS_MAX } from "../limits.ts";
import { type Address, addressText, parseAddress } from "../security/address.ts";
import type { TlsIdentity } from "../security/tls-identity.ts";
import type { Token } from "../security/token.ts";
import { leaderOf } from "../status.ts";
import { Channel, type ChannelLimits } from "./channel.ts";
import { type CallOptions, UNARY_DEADLINE_MS } from "./stub.ts";

/** Addresses that are known at once: those that were named, and at least one that was hinted at. */
const MASTERS_MAX = MEMBERS_MAX + 1;

/** The waits between rounds. There is no last one: who asks has a deadline, or none on purpose. */
const ROUNDS: RetryPolicy = {
  triesMax: Number.POSITIVE_INFINITY,
  firstWaitMs: 200,
  waitMsMax: 3000,
};

/**
 * The waits while a master answers that none leads: an election takes a second or two, and workers are
 * to find its winner soon after it. One that takes longer than so many rounds is no election.
 */
const ELECTION_ROUNDS: RetryPolicy = { triesMax: 20, firstWaitMs: 100, waitMsMax: 250 };

/** A call that fails so shortly before an asker's time is over may have failed of that. */
const CUT_SHORT_MS = 20;

/** Who the masters are, and who asks them. */
export interface MastersOptions {
  /** As they were named; the first is asked first. */
  readonly addresses: readonly Address[];
  readonly tls: TlsIdentity | undefined;
  readonly token?: Token | undefined;
  readonly channelLimits?: Partial<ChannelLimits>;
  /** Where chance, waits and the time come from; the real ones by default. */
  readonly pace?: Pace;
  readonly nowMs?: () => number;
}

/** What a failed call means to who made it: go on with `current()` after `pause()`, or throw. */
export type Advice = "retry" | "give-up";

/** How long to ask, and what else an asker may want. */
export interface AskOptions {
  /** For an answer, from whichever master. */
  readonly deadlineMs: number;
  /** For one master to answer, so that a silent one leaves time for the others. */
  readonly tryMs?: number;
  readonly signal?: AbortSignal | undefined;
  /** Told of each master that was asked in vain, and why. */
  readonly onFailure?: (peer: string, reason: string) => void;
}

/** A call on the channel it is given; it must pass the options on, which bound it. */
export type MasterCall<T> = (channel: Channel, options: CallOptions) => Promise<T>;

/** See the head of this file. Close it at the end. */
export class Masters {
  readonly #options: MastersOptions;
  readonly #pace: Pace;
  readonly #nowMs: () => number;
  /** By address, in the order in which they are asked: those named, then those hinted at. */
  readonly #channels = new Map<string, Channel>();
  readonly #named: ReadonlySet<string>;
  #current: string;
  /** Asked in vain in this round. */
  readonly #failed = new Set<string>();
  /** Rounds in vain since the last answer. */
  #rounds = 0;
  /** In this round, one was there that did not lead. */
  #isElection = false;
  /** When the next round may begin. */
  #resumeMs = Number.NEGATIVE_INFINITY;

  /** Throws `USAGE` for addresses that cannot be called. Connects to nothing yet. */
  constructor(options: MastersOptions) {
    this.#options = options;
    this.#pace = options.pace ?? REAL_PACE;
    this.#nowMs = options.nowMs ?? (() => performance.now());
    const { addresses } = options;
    if (addresses.length === 0 || addresses.length > MEMBERS_MAX) {
      const message = `A cluster has 1 to ${MEMBERS_MAX} masters, and ${addresses.length} were named.`;
      throw new SheafError("USAGE", message);
    }
    for (const address of addresses) {
      if (!this.#channels.has(addressText(address))) this.#open(address);
    }
    this.#named = new Set(this.#channels.keys());
    this.#current = addressText(addresses[0]!);
  }

  /** The channel to ask next. It stays the masters': nobody else closes it. */
  current(): Channel {
    return this.#channels.get(this.#current)!;
  }

  /** The channels to all masters that are known, in the order in which they are asked. */
  all(): readonly Channel[] {
    return [...this.#channels.values()];
  }

  /** Takes in that a call on a channel has failed, and says what to do. */
  report(error: unknown, channel: Channel): Advice {
    if (!mayGoElsewhere(error)) return "give-up";
    // Somebody else's call has failed there too, and all have moved on already.
    if (channel.peer !== this.#current) return "retry";
    this.#failed.add(this.#current);
    this.#isElection ||= (error as SheafError).code === "NOT_LEADER";
    const leader = this.#learn(leaderOf(error)?.address);
    const isNew = leader !== undefined && !this.#failed.has(leader);
    const next = isNew ? leader : this.#next((peer) => !this.#failed.has(peer));
    if (next === undefined) this.#endRound();
    this.#current = next ?? this.#next(() => true) ?? this.#current;
    return "retry";
  }

  /** Takes in that a master did as it was asked: it leads, and the next failure is the first. */
  answered(channel: Channel): void {
    this.#failed.clear();
    this.#rounds = 0;
    this.#resumeMs = Number.NEGATIVE_INFINITY;
    if (this.#channels.has(channel.peer)) this.#current = channel.peer;
  }

  /** To be awaited after a failure: at once within a round, else when the next may begin. */
  async pause(signal?: AbortSignal): Promise<void> {
    const ms = this.#resumeMs - this.#nowMs();
    if (ms > 0) await pause(this.#pace, ms, signal);
  }

  /**
   * Makes a call that may be repeated, until a master answers. Throws what the leader refuses it
   * with, the signal's reason, or `CLUSTER_UNREACHABLE` at the deadline, with why each did not.
   */
  async ask<T>(call: MasterCall<T>, options: AskOptions): Promise<T> {
    const { deadlineMs, tryMs = UNARY_DEADLINE_MS, signal, onFailure } = options;
    const endMs = this.#nowMs() + deadlineMs;
    const reasons = new Map<string, string>();
    for (;;) {
      signal?.throwIfAborted();
      const leftMs = endMs - this.#nowMs();
      if (leftMs <= 0) throw unreachable(deadlineMs, reasons);
      const channel = this.current();
      const bounds = { deadlineMs: Math.min(tryMs, leftMs), ...(signal && { signal }) };
      try {
        const answer = await call(channel, bounds);
        this.answered(channel);
        return answer;
      } catch (thrown) {
        signal?.throwIfAborted();
        if (this.report(thrown, channel) === "give-up") throw thrown;
        const reason = whyInVain(thrown);
        // What the end of our own time has cut short tells less than the try before it.
        const isCutShort = this.#nowMs() > endMs - CUT_SHORT_MS;
        if (!isCutShort || !reasons.has(channel.peer)) reasons.set(channel.peer, reason);
        onFailure?.(channel.peer, reason);
      }
      const pauseMs = Math.min(this.#resumeMs, endMs) - this.#nowMs();
      if (pauseMs > 0) await pause(this.#pace, pauseMs, signal);
    }
  }

  /** Ends all connections; calls that go on are cancelled. */
  close(): void {
    for (const channel of this.#channels.values()) channel.close();
  }

  #endRound(): void {
    this.#failed.clear();
    this.#rounds++;
    const mayBeElection = this.#isElection && this.#rounds <= ELECTION_ROUNDS.triesMax;
    const policy = mayBeElection ? ELECTION_ROUNDS : ROUNDS;
    this.#isElection = false;
    this.#resumeMs = this.#nowMs() + waitMs(this.#rounds, policy, this.#pace.random());
  }

  /** The next after the current one, going round, that may be asked. */
  #next(mayBe: (peer: string) => boolean): string | undefined {
    const peers = [...this.#channels.keys()];
    const place = peers.indexOf(this.#current);
    const inTurn = [...peers.slice(place + 1), ...peers.slice(0, place)];
    return inTurn.find(mayBe);
  }

  /** Knows the leader's address from now on; undefined if it is of no use. */
  #learn(address: string | undefined): string | undefined {
    if (address === undefined || this.#channels.has(address)) return address;
    const oldest = [...this.#channels.keys()].find(
      (peer) => !this.#named.has(peer) && peer !== this.#current,
    );
    if (this.#channels.size >= MASTERS_MAX) {
      // Masters are replaced, and what was once a leader's address need not be any master's.
      if (oldest === undefined) return undefined;
      this.#channels.get(oldest)!.close();
      this.#channels.delete(oldest);
    }
    try {
      return this.#open(parseAddress("a leader's address", address));
    } catch {
      // What may not be called, such as one off this machine without TLS, is no place to go to.
      return undefined;
    }
  }

  #open(address: Address): string {
    const { tls, token, channelLimits } = this.#options;
    const limits = channelLimits && { limits: channelLimits };
    const channel = new Channel({ address, role: "master", tls, token, ...limits });
    this.#channels.set(channel.peer, channel);
    return channel.peer;
  }
}

/** Whether another master, or the same one later, may answer what this one did not. */
export function mayGoElsewhere(error: unknown): boolean {
  if (!(error instanceof SheafError)) return false;
  switch (error.code) {
    case "NOT_LEADER":
    case "CLUSTER_UNREACHABLE":
      return true;
    case "CANCELLED":
      // By the server, which is going down; what we cancel ourselves never comes here.
      return error.data.status === "CANCELLED";
    default:
      return false;
  }
}

/** Why a master did not do as it was asked, as the end of a line that names it. */
export function whyInVain(error: unknown): string {
  const leader = leaderOf(error)?.address;
  if (leader !== undefined) return `it does not lead, and says that ${leader} does`;
  if (error instanceof SheafError) {
    if (error.code === "NOT_LEADER") return "it does not lead, and knows of no leader";
    if (typeof error.data.reason === "string") return error.data.reason;
  }
  return messageOf(error);
}

function unreachable(deadlineMs: number, reasons: ReadonlyMap<string, string>): SheafError {
  const lines = [...reasons].map(([peer, reason]) => `\n  ${peer}: ${reason}`);
  return new SheafError(
    "CLUSTER_UNREACHABLE",
    `Cannot reach the cluster: no master answered as its leader within ${deadlineMs / 1000} s.` +
      `${lines.join("")}\nCheck that these are the masters' addresses, and that they run.`,
    { data: { masters: [...reasons.keys()].join(",") } },
  );
}
