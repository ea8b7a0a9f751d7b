/**
 * A master whose part a test speaks: a real server of the WorkerService on loopback, at which real
 * workers register. It answers nothing by itself but requests for bundles, and pings those that the
 * test has admitted.
 */

import { createHash } from "node:crypto";
import { SheafError } from "../../src/base/error.ts";
import { type Incarnation, type Term, term } from "../../src/base/ids.ts";
import { OutgoingQueue } from "../../src/rpc/outgoing-queue.ts";
import type { RpcServer, RpcServerOptions } from "../../src/rpc/server/rpc-server.ts";
import { service } from "../../src/rpc/server/serve.ts";
import { workerService } from "../../src/rpc/services/worker-service.ts";
import type { FromMaster, MasterMessage } from "../../src/rpc/wire/from-master.ts";
import type { FromWorker, Register, WorkerMessage } from "../../src/rpc/wire/from-worker.ts";
import { Bell } from "./bell.ts";
import { RpcNodes } from "./rpc-nodes.ts";

type TypeOf = WorkerMessage["type"];
type MessageOf<T extends TypeOf> = Extract<WorkerMessage, { readonly type: T }>;

/** See the head of this file. `await using` ends it. */
export class ScriptedMaster {
  /** What it calls its term in what it says. */
  term: Term = term(1);
  pingIntervalMs = 100;
  pingTimeoutMs = 10_000;
  /** Hashes of the bundles that were asked for. */
  readonly bundleRequests: string[] = [];
  readonly #nodes = new RpcNodes();
  readonly #bundles = new Map<string, Uint8Array>();
  readonly #sessions: ScriptedSession[] = [];
  readonly #bell = new Bell();
  #server: RpcServer | undefined;

  static async start(options: Partial<RpcServerOptions> = {}): Promise<ScriptedMaster> {
    const master = new ScriptedMaster();
    const spoken = service(workerService, {
      session: (requests) => master.#converse(requests),
      getBundle: (hash) => master.#sendBundle(hash),
    });
    master.#server = await master.#nodes.listen([spoken], options);
    return master;
  }

  /** What it met that is a bug. */
  get bugs(): readonly unknown[] {
    return this.#nodes.bugs;
  }

  /** "host:port". */
  get address(): string {
    return this.#server!.addressText;
  }

  get port(): number {
    return this.#server!.address.port;
  }

  /** Has a bundle to send; gives its hash. */
  addBundle(bytes: Uint8Array): string {
    const hash = createHash("sha256").update(bytes).digest("hex");
    this.#bundles.set(hash, bytes);
    return hash;
  }

  /** Has the bundle come with other bytes than its hash says. */
  damageBundle(hash: string): void {
    this.#bundles.set(hash, new Uint8Array([1]));
  }

  /** The next worker that registers, or has and was not asked for yet; not admitted so far. */
  async session(): Promise<ScriptedSession> {
    for (;;) {
      const session = this.#sessions.shift();
      if (session !== undefined) return session;
      await this.#bell.until(() => this.#sessions.length > 0);
    }
  }

  /** The next worker that registers, admitted. */
  async worker(): Promise<ScriptedSession> {
    const session = await this.session();
    session.admit();
    return session;
  }

  async close(): Promise<void> {
    await this.#nodes.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async *#converse(requests: AsyncIterable<FromWorker>): AsyncGenerator<FromMaster> {
    const session = new ScriptedSession(this);
    void session.listen(requests, () => {
      this.#sessions.push(session);
      this.#bell.ring();
    });
    try {
      yield* session.outgoing;
    } finally {
      session.stop();
    }
  }

  async *#sendBundle(hash: string): AsyncGenerator<Uint8Array> {
    this.bundleRequests.push(hash);
    const bytes = this.#bundles.get(hash);
    if (bytes === undefined) throw new SheafError("NOT_FOUND", "There is no such bundle.");
    const pieceBytes = 100_000;
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      yield bytes.subarray(at, at + pieceBytes);
    }
  }
}

/** One stream of a worker, as its master has it. */
export class ScriptedSession {
  readonly outgoing = new OutgoingQueue<FromMaster>(100_000);
  /** Everything the worker has said, pongs apart. */
  readonly heard: FromWorker[] = [];
  pongs = 0;
  readonly #master: ScriptedMaster;
  readonly #unheard: FromWorker[] = [];
  readonly #bell = new Bell();
  #first: FromWorker | undefined;
  #pings: NodeJS.Timeout | undefined;
  #hasEnded = false;

  constructor(master: ScriptedMaster) {
    this.#master = master;
  }

  /** What it registered with. */
  get register(): Register {
    return this.#first!.message as Register;
  }

  get incarnation(): Incarnation {
    return this.#first!.incarnation;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Takes the worker in, and pings it from now on. */
  admit(): void {
    const { pingIntervalMs, pingTimeoutMs } = this.#master;
    this.say({ type: "registered", pingIntervalMs, pingTimeoutMs });
    let sequence = 0;
    this.#pings = setInterval(
      () => this.say({ type: "ping", sequence: ++sequence }),
      pingIntervalMs,
    );
  }

  /** Pings no more. */
  fallSilent(): void {
    clearInterval(this.#pings);
  }

  say(message: MasterMessage, as: Partial<Omit<FromMaster, "message">> = {}): void {
    this.outgoing.push({ term: this.#master.term, incarnation: this.incarnation, ...as, message });
  }

  /** The next message of a kind that fits and was not taken yet. */
  async hears<T extends TypeOf>(
    type: T,
    fits: (message: MessageOf<T>) => boolean = () => true,
  ): Promise<MessageOf<T>> {
    const find = () =>
      this.#unheard.findIndex(
        ({ message }) => message.type === type && fits(message as MessageOf<T>),
      );
    for (;;) {
      await this.#bell.until(() => this.#hasEnded || find() >= 0);
      const [said] = this.#unheard.splice(find() >>> 0, 1);
      if (said !== undefined) return said.message as MessageOf<T>;
      if (this.#hasEnded) {
        const said = this.heard
          .map(({ message }) => JSON.stringify(message).slice(0, 600))
          .join("\n");
        throw new Error(`The worker left without "${type}". It said:\n${said}`);
      }
    }
  }

  /** Resolves when the worker has answered one more ping. */
  async pong(): Promise<void> {
    const before = this.pongs;
    await this.#bell.until(() => this.pongs > before || this.#hasEnded);
  }

  /** Ends the stream, as a master does that has lost the lead. */
  end(): void {
    this.fallSilent();
    this.outgoing.end();
  }

  /** Resolves when the stream has ended, whoever ended it. */
  async ended(): Promise<void> {
    await this.#bell.until(() => this.#hasEnded);
  }

  async listen(requests: AsyncIterable<FromWorker>, onRegister: () => void): Promise<void> {
    try {
      for await (const request of requests) {
        if (this.#first === undefined) {
          this.#first = request;
          onRegister();
          continue;
        }
        if (request.message.type === "pong") this.pongs++;
        else if (request.message.type === "leaving") this.end();
        else {
          this.heard.push(request);
          this.#unheard.push(request);
        }
        this.#bell.ring();
      }
    } catch {
      // The worker is gone, which is for the test to expect or not.
    }
    this.end();
    this.stop();
  }

  stop(): void {
    this.#hasEnded = true;
    this.fallSilent();
    this.#bell.ring();
  }
}
