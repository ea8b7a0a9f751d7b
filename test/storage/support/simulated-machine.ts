/**
 * A machine with one folder, for tests: its files outlive the processes that use it. When a process
 * ends, the next finds the page cache as it is, or what a loss of power has left: of names, as of
 * bytes, only what was synced is certain.
 */

import type { Chance } from "./chance.ts";
import { type DiskPace, SimulatedDisk, type SimulatedFault } from "./simulated-disk.ts";
import type { SimulatedFile } from "./simulated-file.ts";

/** A change of the folder that is not durable. */
interface NameChange {
  readonly time: number;
  readonly apply: (names: Map<string, SimulatedFile>) => void;
}

export class SimulatedMachine {
  readonly chance: Chance;
  #names = new Map<string, SimulatedFile>();
  readonly #durableNames = new Map<string, SimulatedFile>();
  #changes: NameChange[] = [];
  #time = 0;

  constructor(chance: Chance) {
    this.chance = chance;
  }

  /** Another machine with the same files, all of them durable. */
  clone(): SimulatedMachine {
    const copy = new SimulatedMachine(this.chance);
    for (const [name, file] of this.#names) {
      const clone = file.clone();
      copy.#names.set(name, clone);
      copy.#durableNames.set(name, clone);
    }
    return copy;
  }

  /** A process begins; the one before must have ended. */
  run(fault?: SimulatedFault, pace?: DiskPace): SimulatedDisk {
    return new SimulatedDisk(this, fault, pace);
  }

  /** All files by their names, as a program sees them. */
  get files(): ReadonlyMap<string, SimulatedFile> {
    return this.#names;
  }

  /** How many changes of names are not durable. */
  get changedNames(): number {
    return this.#changes.length;
  }

  changeNames(apply: NameChange["apply"]): void {
    apply(this.#names);
    this.#changes.push({ time: ++this.#time, apply });
  }

  /** The moment at which a sync of the folder begins. */
  get time(): number {
    return this.#time;
  }

  makeNamesDurable(moment: number): void {
    for (const { time, apply } of this.#changes) if (time <= moment) apply(this.#durableNames);
    this.#changes = this.#changes.filter(({ time }) => time > moment);
  }

  /** All processes end, and the power goes. */
  losePower(): void {
    const { chance } = this;
    // A journal keeps a beginning of the changes; other file systems keep any of them.
    const kept = chance.oneIn(2) ? chance.below(this.#changes.length + 1) : undefined;
    for (const [i, { apply }] of this.#changes.entries()) {
      if (kept === undefined ? chance.oneIn(2) : i < kept) apply(this.#durableNames);
    }
    this.#changes = [];
    this.#names = new Map(this.#durableNames);
    for (const file of new Set(this.#names.values())) file.losePower(chance);
  }

  /** A file is gone, as if it had never been. */
  lose(name: string): void {
    this.#names.delete(name);
    this.#durableNames.delete(name);
  }
}
