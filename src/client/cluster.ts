/**
 * A cluster as a client has it: its masters, whichever of them leads, and how long to wait for one
 * that does. Everything that a client asks goes through here.
 */

import type { Channel } from "../rpc/client/channel.ts";
import { type MasterCall, Masters, type MastersOptions } from "../rpc/client/masters.ts";
import { type CallOptions, type Stub, stub } from "../rpc/client/stub.ts";
import { jobService } from "../rpc/services/job-service.ts";
import { PATIENCE, type Patience } from "./patience.ts";

/** Who the masters are, who asks, and how patiently. */
export interface ClusterOptions extends MastersOptions {
  readonly patience?: Patience | undefined;
}

/** A call of the job service; it must pass the options on, which bound it. */
export type JobCall<T> = (jobs: Stub<typeof jobService>, options: CallOptions) => Promise<T>;

/** What a call may be told. */
export interface CallBounds {
  readonly signal?: AbortSignal | undefined;
  /** For an answer; the cluster's patience unless given. */
  readonly answerMs?: number;
  /** For one master to answer. */
  readonly tryMs?: number;
}

/** A silent master takes no more than this of the time for the others. */
const TRY_MS = 5000;

/** See the head of this file. Close it at the end. */
export class Cluster {
  readonly masters: Masters;
  readonly patience: Patience;

  /** Throws `USAGE` for addresses that cannot be called. Connects to nothing yet. */
  constructor(options: ClusterOptions) {
    this.masters = new Masters(options);
    this.patience = options.patience ?? PATIENCE;
  }

  /**
   * Makes a call at the leader; it may be made several times. Throws what the leader refuses it
   * with, the signal's reason, or `CLUSTER_UNREACHABLE`.
   */
  async jobs<T>(call: JobCall<T>, bounds: CallBounds = {}): Promise<T> {
    return await this.#ask((channel, options) => call(stub(jobService, channel), options), bounds);
  }

  /**
   * The channel to the leader, for calls that must not be made twice, and for streams: those who
   * wait for a stream's first message cannot tell a master that is silent from one with no news. That
   * it answers a call of the job service shows that it leads.
   */
  async leader(proof: JobCall<unknown>, bounds: CallBounds = {}): Promise<Channel> {
    return await this.#ask(async (channel, options) => {
      await proof(stub(jobService, channel), options);
      return channel;
    }, bounds);
  }

  async #ask<T>(call: MasterCall<T>, bounds: CallBounds): Promise<T> {
    const { signal, answerMs = this.patience.answerMs, tryMs = TRY_MS } = bounds;
    return await this.masters.ask(call, { deadlineMs: answerMs, tryMs, signal });
  }

  /** Ends all connections. */
  close(): void {
    this.masters.close();
  }
}
