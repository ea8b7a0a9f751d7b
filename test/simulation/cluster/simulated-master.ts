/**
 * A master from life to life: its machine with its disk, and what happens when a process of it begins.
 */

import { SheafError } from "../../../src/base/error.ts";
import type { MemberId } from "../../../src/base/ids.ts";
import { openReplicaLog } from "../../../src/replica/data-folder.ts";
import type { DurableLog } from "../../../src/storage/durable-log.ts";
import type { Fault, Verdict } from "../../../src/storage/verdict.ts";
import type { Chance } from "../../storage/support/chance.ts";
import type { SimulatedDisk } from "../../storage/support/simulated-disk.ts";
import { SimulatedMachine } from "../../storage/support/simulated-machine.ts";
import type { Host } from "../world/host.ts";
import { MasterLife, type MasterLifeOptions } from "./master-life.ts";
import { type DiskSpeed, TimedDisk } from "./timed-disk.ts";

/** What a master is, in all its lives. */
export interface SimulatedMasterOptions extends Omit<MasterLifeOptions, "process" | "onFatal"> {
  readonly host: Host;
  /** It joins a group that is there. */
  readonly joins: boolean;
}

const RESTART_MS_MIN = 500;
const RESTART_MS_MAX = 5000;

/** See the head of this file. */
export class SimulatedMaster {
  readonly options: SimulatedMasterOptions;
  readonly host: Host;
  readonly member: MemberId;
  readonly address: string;
  readonly diskSpeed: DiskSpeed;
  machine: SimulatedMachine;
  /** Of the process that is up, once it has opened its log. */
  life: MasterLife | undefined;
  disk: SimulatedDisk | undefined;
  /** It has been in use, and what it knew is gone. */
  hasLostDisk = false;
  /** Something was done to its files. */
  isDamaged = false;
  /** It is no master of the group any more, and does not start again. */
  isRetired = false;
  readonly #chance: Chance;
  #pace: TimedDisk | undefined;
  #hasRun = false;

  constructor(options: SimulatedMasterOptions) {
    this.options = options;
    this.host = options.host;
    this.member = options.member;
    this.address = options.address;
    this.diskSpeed = { syncMs: options.setup.syncMs, slowness: 1 };
    this.#chance = this.host.world.chance(`disk ${this.host.name}`);
    this.machine = new SimulatedMachine(this.#chance);
  }

  /** Whether it has all that it ever acknowledged. */
  get isSound(): boolean {
    if (this.hasLostDisk || this.life === undefined) return false;
    return !this.life.replica.status().raft.isRecovering;
  }

  /** A sync is under way. */
  get isSyncing(): boolean {
    return this.host.isUp && (this.#pace?.syncing ?? 0) > 0;
  }

  /** A process of it begins, unless there is one. */
  start(): void {
    if (this.host.isUp || this.isRetired) return;
    const { world } = this.host;
    const process = this.host.begin();
    this.#pace = new TimedDisk(process, this.diskSpeed, this.#chance);
    const disk = this.machine.run(undefined, this.#pace);
    this.disk = disk;
    world.note(this.host.name, "starts");
    const onFatal = (error: unknown): void => this.#ended(error);
    const begun = async (): Promise<void> => {
      const log = await this.#open(disk);
      this.life = await MasterLife.start({ ...this.options, process, onFatal }, log);
      this.#hasRun = true;
    };
    process.run(() => {
      begun().catch(onFatal);
    });
  }

  /** Its process ends as if by kill -9, or the machine does. */
  crash(losesPower: boolean): void {
    if (!this.host.isUp) return;
    const { world } = this.host;
    const { sometimes } = world;
    sometimes.saw(losesPower ? "master loses power" : "master killed");
    if (this.isSyncing) sometimes.saw("crash during a sync");
    const status = this.life?.replica.status();
    if (status?.raft.role === "leader" && status.proposals > 0) {
      sometimes.saw("failover during a commit");
    }
    if (status?.raft.incoming !== undefined) sometimes.saw("snapshot interrupted");
    world.note(this.host.name, "crashes");
    this.#end();
    if (losesPower) this.machine.losePower();
  }

  /** Its disk is replaced by an empty one. */
  loseDisk(): void {
    this.machine = new SimulatedMachine(this.#chance);
    this.isDamaged = false;
    if (this.#hasRun) this.hasLostDisk = true;
    this.options.check.forgot(this.member);
  }

  retire(): void {
    this.isRetired = true;
    this.#end();
  }

  /** As a service manager starts again what has ended. */
  startLater(): void {
    const { world } = this.host;
    world.after(this.#chance.between(RESTART_MS_MIN, RESTART_MS_MAX), () => this.start());
  }

  #end(): void {
    this.disk?.stop();
    this.disk = undefined;
    this.life = undefined;
    this.host.end();
  }

  async #open(disk: SimulatedDisk): Promise<DurableLog> {
    const { member, joins, peers, setup, check } = this.options;
    const voters = joins ? [] : [...peers.keys()];
    const { log, verdict } = await openReplicaLog(disk, {
      identity: { cluster: "sheaf", member },
      membership: { voters, learners: [] },
      limits: setup.storageLimits,
    });
    this.#sawVerdict(verdict);
    // A recovery that a crash has cut short is damage, too.
    const isExpected = this.isDamaged || this.hasLostDisk;
    const faults = verdict.kind === "damaged" && !isExpected ? verdict.faults : [];
    this.host.world.expect(
      faults.length === 0,
      () => `Nobody has damaged the files of master ${member}, and ${wordsOfFaults(faults)}.`,
    );
    this.hasLostDisk = false;
    if (verdict.kind !== "intact") check.forgot(member);
    return log;
  }

  #sawVerdict(verdict: Verdict): void {
    const { sometimes } = this.host.world;
    if (verdict.kind === "damaged") sometimes.saw("damage found");
    if (verdict.kind !== "intact") return;
    if (verdict.tornTail !== undefined) sometimes.saw("write torn");
    if (verdict.covered.length > 0) sometimes.saw("damage covered");
  }

  /** A full disk, or one that fails, ends a process in order; anything else is a bug. */
  #ended(error: unknown): void {
    const code = error instanceof SheafError ? error.code : undefined;
    const { world } = this.host;
    if (code !== "NO_SPACE" && code !== "DATA_FAILED") return world.fail(error);
    world.note(this.host.name, "ends", code);
    const { process } = this.host;
    // Not in the middle of its own call.
    world.after(0, () => {
      if (process === undefined || process !== this.host.process) return;
      this.#end();
      this.startLater();
    });
  }
}

function wordsOfFaults(faults: readonly Fault[]): string {
  return faults.map(({ file, what }) => `${file} ${what}`).join(", ");
}
