/**
 * A worker: it listens for other workers, finds the leader, and lives one life after the other until
 * it is told to end. The command line, and tests, start it and wait for `ended`.
 */

import { setMaxListeners } from "node:events";
import { rm } from "node:fs/promises";
import { hostname } from "node:os";
import { type Cancel, type Clock, REAL_CLOCK } from "../base/clock.ts";
import type { Incarnation, WorkerName } from "../base/ids.ts";
import { workerName } from "../base/ids.ts";
import { packageFacts } from "../base/package-facts.ts";
import { makeWorkDirectory } from "../local/work-directory.ts";
import { Masters } from "../rpc/client/masters.ts";
import { RegionServer } from "../rpc/regions/region-server.ts";
import { type Address, addressText } from "../rpc/security/address.ts";
import type { TlsIdentity } from "../rpc/security/tls-identity.ts";
import { RpcServer } from "../rpc/server/rpc-server.ts";
import { HealthRegister } from "../rpc/services/health.ts";
import { regionService } from "../rpc/services/region-service.ts";
import { workerService } from "../rpc/services/worker-service.ts";
import type { Register } from "../rpc/wire/from-worker.ts";
import { heapMiBFor } from "../slot/heap.ts";
import { Slot } from "../slot/slot.ts";
import { BundleStore } from "./bundle-store.ts";
import { fetchOverNetwork } from "./fetch/fetch-over-network.ts";
import { WorkerChannels } from "./fetch/worker-channels.ts";
import { LeaderLink } from "./leader-link.ts";
import { Life } from "./life.ts";
import type { StartThread } from "./seats.ts";
import type { WorkerLog } from "./worker-log.ts";

/** What a worker is told. */
export interface WorkerOptions {
  readonly masters: readonly Address[];
  /** In which it makes a folder of its own. */
  readonly workDirectory: string;
  readonly slots: number;
  /** Buffers of one slot. */
  readonly memoryBytes: number;
  /** How long a fetch of a region may stand still. */
  readonly fetchTimeoutMs: number;
  readonly listen: Address;
  /** Where other workers reach it, if not where it listens; port 0 stands for the one it has. */
  readonly advertise: Address | undefined;
  /** Undefined: the machine's name and the port. */
  readonly name: WorkerName | undefined;
  /** As inputs name machines and racks; empty if that is not known. */
  readonly host: string;
  readonly rack: string;
  readonly tls: TlsIdentity | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly log: WorkerLog;
  /** Time, and what runs attempts; the real ones by default. */
  readonly clock?: Clock;
  readonly startThread?: StartThread;
}

/** For the leader to hear that a worker ends. */
const LEAVE_MS = 1000;

/** See the head of this file. */
export class Worker {
  readonly #options: WorkerOptions;
  readonly #processFolder: string;
  readonly #controller = new AbortController();
  readonly #health = new HealthRegister();
  readonly #masters: Masters;
  readonly #channels: WorkerChannels;
  readonly #bundles: BundleStore;
  readonly #link: LeaderLink;
  readonly #regions: RegionServer;
  #server: RpcServer | undefined;
  #life: Life;
  #fail: (reason: unknown) => void = () => {};

  private constructor(options: WorkerOptions) {
    this.#options = options;
    const { clock = REAL_CLOCK, log, tls } = options;
    this.#masters = new Masters({ addresses: options.masters, tls });
    this.#channels = new WorkerChannels(tls);
    this.#link = new LeaderLink({
      masters: this.#masters,
      clock,
      log,
      worker: {
        introduce: () => this.#introduce(),
        registered: () => this.#registered(),
        disconnected: () => this.#health.set(workerService.service, "not-serving"),
        take: (message) => this.#life.take(message),
        beginLife: () => this.#beginLife(),
      },
    });
    const { signal } = this.#controller;
    // Each bundle that is under way listens.
    setMaxListeners(0, signal);
    this.#bundles = new BundleStore({
      leader: (until) => this.#link.leader(until),
      clock,
      signal,
    });
    this.#processFolder = makeWorkDirectory(options.workDirectory);
    this.#life = this.#newLife();
    this.#regions = new RegionServer(this.#life.shelf, this.#life.incarnation);
  }

  /** Throws `USAGE` for addresses that cannot be, `OUTPUT_FAILED` and `NO_SPACE` for the folder. */
  static async start(options: WorkerOptions): Promise<Worker> {
    const worker = new Worker(options);
    try {
      await worker.#listen();
    } catch (error) {
      await worker.#close();
      throw error;
    }
    return worker;
  }

  /**
   * Works until the signal aborts, and then ends quickly.
   *
   * @throws SheafError `ACCESS_DENIED` if the cluster will never take this worker.
   */
  async run(stop: AbortSignal): Promise<void> {
    const { signal } = this.#controller;
    const { clock = REAL_CLOCK } = this.#options;
    let cancelWait: Cancel = () => {};
    const end = () => {
      const abort = () => this.#controller.abort(stop.reason);
      if (this.#link.leave()) cancelWait = clock.after(LEAVE_MS, abort);
      else abort();
    };
    stop.addEventListener("abort", end, { once: true });
    if (stop.aborted) end();
    const failed = new Promise<never>((_, reject) => {
      this.#fail = reject;
    });
    try {
      await Promise.race([this.#link.run(signal), failed]);
    } catch (thrown) {
      if (!stop.aborted) throw thrown;
    } finally {
      stop.removeEventListener("abort", end);
      cancelWait();
      this.#controller.abort();
      await this.#close();
    }
  }

  /** Where it listens. */
  get address(): Address {
    return this.#server!.address;
  }

  get name(): WorkerName {
    const { name } = this.#options;
    return name ?? workerName(`${machineName()}-${this.address.port}`);
  }

  async #listen(): Promise<void> {
    const { listen, tls, log } = this.#options;
    this.#health.set(regionService.service, "serving");
    this.#health.set(workerService.service, "not-serving");
    this.#server = await RpcServer.listen({
      address: listen,
      tls,
      token: undefined,
      // No reflection, which clients may ask: then it would need their token.
      services: [this.#regions.service(), this.#health.service()],
      onTrouble: (trouble) => log.warn("trouble", trouble),
      onBug: (_method, thrown) => this.#fail(thrown),
    });
    const facts = { address: this.#server.addressText, slots: this.#options.slots };
    log.info("listening", `Worker ${this.name} listens on ${facts.address}.`, {
      ...facts,
      name: this.name,
    });
  }

  #introduce(): { readonly incarnation: Incarnation; readonly register: Register } {
    const { slots, memoryBytes, host, rack } = this.#options;
    const register: Register = {
      type: "register",
      worker: this.name,
      regionAddress: addressText(this.#advertised()),
      slots,
      slotMemoryBytes: memoryBytes,
      host,
      rack,
      version: packageFacts().version,
      ...this.#life.facts(),
    };
    return { incarnation: this.#life.incarnation, register };
  }

  #advertised(): Address {
    const { host, port } = this.#options.advertise ?? this.address;
    return { host, port: port === 0 ? this.address.port : port };
  }

  #registered(): void {
    this.#health.set(workerService.service, "serving");
    this.#life.tellAgain();
  }

  async #beginLife(): Promise<void> {
    await this.#life.close();
    // What takes long must not keep the next life waiting.
    void this.#life.remove();
    this.#life = this.#newLife();
    this.#regions.beginLife(this.#life.shelf, this.#life.incarnation);
  }

  #newLife(): Life {
    const { slots, memoryBytes, environment, log, fetchTimeoutMs } = this.#options;
    const { clock = REAL_CLOCK, startThread = (options) => new Slot(options) } = this.#options;
    return new Life({
      processFolder: this.#processFolder,
      slots,
      memoryBytes,
      heapMiB: heapMiBFor(slots, memoryBytes),
      environment,
      bundles: this.#bundles,
      fetch: fetchOverNetwork((source) => this.#channels.to(source), fetchTimeoutMs),
      startThread,
      say: (message) => this.#link.say(message),
      clock,
      log,
      onBug: (thrown) => this.#fail(thrown),
    });
  }

  async #close(): Promise<void> {
    this.#controller.abort();
    this.#masters.close();
    await Promise.all([this.#server?.close(0), this.#life.close()]);
    this.#channels.close();
    // What cannot be removed now is left for the next worker here.
    await rm(this.#processFolder, { recursive: true, force: true }).catch(() => {});
  }
}

/** The machine's name, as far as it can stand in the name of a worker. */
function machineName(): string {
  const name = hostname()
    .replace(/[^A-Za-z0-9._-]/g, "-")
    .replace(/^[^A-Za-z0-9]+/, "");
  return name.slice(0, 100) || "worker";
}
