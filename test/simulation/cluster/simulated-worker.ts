/**
 * A worker from process to process and from life to life. It looks for whoever leads, and registers
 * with all that it has; what it is told by its leader goes to its present life.
 */

import { incarnation, term, workerName } from "../../../src/base/ids.ts";
import { packageFacts } from "../../../src/base/package-facts.ts";
import type { FromMaster, Refused } from "../../../src/rpc/wire/from-master.ts";
import type { FromWorker, Register } from "../../../src/rpc/wire/from-worker.ts";
import type { Chance } from "../../storage/support/chance.ts";
import type { Ledger } from "../checks/ledger.ts";
import { End } from "../world/connection.ts";
import type { Host, Process } from "../world/host.ts";
import type { MountedFolder } from "../world/mounted-folder.ts";
import type { Network } from "../world/network.ts";
import type { Directory } from "./directory.ts";
import { RegionStore } from "./region-store.ts";
import type { Setup } from "./setup.ts";
import { WorkerLife } from "./worker-life.ts";
import { type TermSeen, WorkerSession } from "./worker-session.ts";

/** What a worker is, in all its lives. */
export interface SimulatedWorkerOptions {
  readonly host: Host;
  readonly address: string;
  readonly setup: Setup;
  readonly network: Network;
  readonly directory: Directory;
  readonly folder: MountedFolder;
  readonly ledger: Ledger;
}

const RECONNECT_MS = 300;
const NEW_LIFE_MS = 100;

/** See the head of this file. */
export class SimulatedWorker {
  readonly host: Host;
  readonly #options: SimulatedWorkerOptions;
  readonly #chance: Chance;
  #life: WorkerLife | undefined;
  #session: WorkerSession | undefined;
  #seen: TermSeen = { term: term(0) };
  #lives = 0;
  #target: string | undefined;

  constructor(options: SimulatedWorkerOptions) {
    this.#options = options;
    this.host = options.host;
    this.#chance = this.host.world.chance(`worker ${this.host.name}`);
  }

  /** Of the process that is up. */
  get life(): WorkerLife | undefined {
    return this.#life;
  }

  /** A process begins, unless there is one. */
  start(): void {
    if (this.host.isUp) return;
    const process = this.host.begin();
    this.#seen = { term: term(0) };
    process.run(() => {
      this.#life = this.#newLife(process);
      this.#connect(process);
    });
  }

  /** It dies, with all that is on its disk. */
  kill(): void {
    if (!this.host.isUp) return;
    this.host.world.sometimes.saw("worker killed");
    this.#life = undefined;
    this.#session = undefined;
    this.host.end();
  }

  #newLife(process: Process): WorkerLife {
    const { setup, folder, ledger, network, directory } = this.#options;
    const own = incarnation(`w-${this.host.name}-${this.#lives++}`);
    return new WorkerLife({
      process,
      incarnation: own,
      slots: setup.slots,
      folder,
      store: new RegionStore(process, own, network, directory),
      ledger,
      say: (message) => {
        if (this.#life?.incarnation === own) this.#session?.say(message);
      },
    });
  }

  #connect(process: Process): void {
    const { directory, network } = this.#options;
    const addresses = [...directory.masters.keys()];
    const address = this.#target ?? this.#chance.pick(addresses);
    this.#target = undefined;
    const master = directory.masters.get(address);
    const other = master?.host.process;
    const life = this.#life;
    const isThere = master?.life !== undefined && network.isOpen(this.host, master.host);
    if (life === undefined || other === undefined || !isThere) return this.#connectLater(process);
    const [end, its] = End.pair<FromWorker, FromMaster>(network, process, other);
    other.run(() => master?.life?.converse(its));
    this.#session = new WorkerSession({
      end,
      incarnation: life.incarnation,
      register: this.#introduction(life),
      seen: this.#seen,
      onRegistered: () => this.#registered(life),
      onMessage: (message) => {
        if (this.#life === life) life.take(message);
      },
      onOver: (refusal) => this.#sessionOver(process, refusal),
    });
  }

  #introduction(life: WorkerLife): Register {
    return {
      type: "register",
      worker: workerName(this.host.name),
      regionAddress: this.#options.address,
      slots: this.#options.setup.slots,
      slotMemoryBytes: 64 * 1024 * 1024,
      host: this.host.name,
      rack: "",
      version: packageFacts().version,
      ...life.facts(),
    };
  }

  #registered(life: WorkerLife): void {
    const { world } = this.host;
    world.note(this.host.name, "registered", this.#seen.term);
    if (life.runningCount > 0) world.sometimes.saw("running attempt adopted");
    life.tellAgain();
  }

  #sessionOver(process: Process, refusal: Refused | undefined): void {
    this.#session = undefined;
    if (refusal?.reason === "lost") {
      this.host.world.sometimes.saw("zombie refused");
      this.#life?.close();
      this.#life = this.#newLife(process);
      process.after(NEW_LIFE_MS, () => this.#connect(process));
      return;
    }
    const isWrong = refusal !== undefined && refusal.reason !== "not-leader";
    this.host.world.expect(!isWrong, () => `A worker is refused: ${refusal?.message}`);
    this.#connectLater(process);
  }

  #connectLater(process: Process): void {
    const leader = this.#options.directory.leader?.address;
    // Masters that do not lead say who does; a part of the time nobody is asked.
    if (leader !== undefined && this.#chance.oneIn(2)) this.#target = leader;
    const ms = this.#chance.between(RECONNECT_MS / 2, RECONNECT_MS * 2);
    process.after(ms, () => this.#connect(process));
  }
}
