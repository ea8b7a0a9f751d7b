/**
 * What this member says to one other: a stream of messages, opened when there is something to say, and
 * again after it has broken, soon and then ever less often. Nobody waits for an answer; while there
 * is no stream, messages are lost, as any may be.
 */

import { pause, type RetryPolicy, waitMs } from "../base/backoff.ts";
import type { Clock } from "../base/clock.ts";
import { messageOf, SheafError } from "../base/error.ts";
import type { Message } from "../raft/message.ts";
import { Channel, type ChannelLimits } from "../rpc/client/channel.ts";
import { stub } from "../rpc/client/stub.ts";
import type { Address } from "../rpc/security/address.ts";
import type { TlsIdentity } from "../rpc/security/tls-identity.ts";
import type { Token } from "../rpc/security/token.ts";
import { raftService } from "../rpc/services/raft-service.ts";
import type { SaidMessage } from "../rpc/wire/raft.ts";
import { MessageQueue, type QueueLimits } from "./message-queue.ts";

/** How another member is called. */
export interface MemberLinkOptions {
  /** Where it is, at the moment; undefined as long as nobody knows. */
  readonly address: () => Address | undefined;
  /** How it is called in messages. */
  readonly name: string;
  /** Where this member is called itself, "host:port", as soon as that is known. */
  readonly ownAddress: () => string | undefined;
  readonly tls: TlsIdentity | undefined;
  readonly token?: Token | undefined;
  readonly clock: Pick<Clock, "nowMs" | "random" | "wait">;
  readonly queueLimits: QueueLimits;
  readonly channelLimits?: Partial<ChannelLimits> | undefined;
  readonly onTrouble: (trouble: string) => void;
}

/** Short, because an election waits for no link; there is no last try. */
const RECONNECT: RetryPolicy = {
  triesMax: Number.POSITIVE_INFINITY,
  firstWaitMs: 50,
  waitMsMax: 1000,
};
/** A stream that has lived for so long was a good one: the next failure is the first. */
const STEADY_MS = 5000;

/** See the head of this file. */
export class MemberLink {
  readonly #options: MemberLinkOptions;
  readonly #controller = new AbortController();
  /** Of the stream that is there. */
  #queue: MessageQueue | undefined;
  #running: Promise<void> | undefined;
  #failures = 0;
  #lastTrouble: string | undefined;
  /** When something was said last. */
  usedMs: number;

  constructor(options: MemberLinkOptions) {
    this.#options = options;
    this.usedMs = options.clock.nowMs();
  }

  send(message: Message): void {
    this.usedMs = this.#options.clock.nowMs();
    if (this.#controller.signal.aborted) return;
    if (this.#running === undefined) {
      this.#queue = new MessageQueue(this.#options.queueLimits);
      this.#running = this.#run(this.#queue).finally(() => {
        this.#running = undefined;
      });
    }
    this.#queue?.push(message);
  }

  /** Ends the stream, and resolves when it has ended. */
  async close(): Promise<void> {
    this.#controller.abort(new SheafError("CANCELLED", "This master is going down."));
    await this.#running;
  }

  /** One stream from its beginning to its end, and the wait before there may be another. */
  async #run(queue: MessageQueue): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#controller;
    const startMs = clock.nowMs();
    const reason = await this.#stream(queue, signal).then(() => "it ended the stream", reasonOf);
    this.#queue = undefined;
    queue.end();
    if (signal.aborted) return;
    if (clock.nowMs() - startMs >= STEADY_MS) {
      this.#failures = 0;
      this.#lastTrouble = undefined;
    }
    this.#failures++;
    this.#tell(reason);
    const ms = waitMs(this.#failures, RECONNECT, clock.random());
    await pause(clock, ms, signal).catch(() => {});
  }

  async #stream(queue: MessageQueue, signal: AbortSignal): Promise<void> {
    const { tls, token, channelLimits } = this.#options;
    const address = this.#options.address();
    if (address === undefined) throw new SheafError("NOT_FOUND", "its address is not known");
    const limits = channelLimits && { limits: channelLimits };
    const channel = new Channel({ address, role: "master", tls, token, ...limits });
    try {
      await stub(raftService, channel).step(this.#said(queue), { signal });
    } finally {
      channel.close();
    }
  }

  /** The first message of a stream tells where to answer. */
  async *#said(queue: MessageQueue): AsyncGenerator<SaidMessage> {
    let address = this.#options.ownAddress();
    for await (const message of queue) {
      yield { message, address };
      address = undefined;
    }
  }

  /** Says so, but not the same again and again. */
  #tell(reason: string): void {
    const trouble = `The link to ${this.#options.name} is broken: ${reason}.`;
    if (trouble === this.#lastTrouble) return;
    this.#lastTrouble = trouble;
    this.#options.onTrouble(trouble);
  }
}

function reasonOf(thrown: unknown): string {
  const reason = thrown instanceof SheafError ? thrown.data.reason : undefined;
  return typeof reason === "string" ? reason : messageOf(thrown).replace(/\.$/, "");
}
