/**
 * A simulated machine's folder as one process has it. Its calls are counted, so that a fault can come
 * at any one of them; each takes effect some time after it was made and answers later still, so that
 * calls under way at once come in any order. How long it takes may be somebody else's to say.
 */

import {
  checkName,
  type Disk,
  type DiskFile,
  type OpenMode,
} from "../../../src/storage/disk/disk.ts";
import { ioError, SECTOR_BYTES, SimulatedFile } from "./simulated-file.ts";
import type { SimulatedMachine } from "./simulated-machine.ts";

/** What goes wrong, and from which call of a process on, counted from 1. */
export interface SimulatedFault {
  readonly call: number;
  /**
   * - `"crash"`: the machine stops, before or after the call does its work; no call answers any more
   * - `"no-space"`: the next call that needs room gets it for a part, and the rest is refused
   * - `"failed-sync"`: the next sync fails, and what was dirty counts as clean
   */
  readonly kind: "crash" | "no-space" | "failed-sync";
}

/** What a call does: something that is soon done, something that needs room, or a sync. */
export type CallKind = "plain" | "room" | "sync";

/** How long calls take. */
export interface DiskPace {
  /** Resolves when a call is to take effect. */
  before(kind: CallKind): Promise<void>;
  /** Resolves when it is to answer. */
  after(kind: CallKind): Promise<void>;
}

/** One call: whether it needs room, or syncs, and what it does. */
interface Call<T> {
  readonly kind: CallKind;
  begin?(): void;
  work(): T;
  /** What is done of it where it fails. */
  fail?(): void;
}

export class SimulatedDisk implements Disk {
  readonly path = "/simulated";
  readonly machine: SimulatedMachine;
  /** The one that is still to come. */
  fault: SimulatedFault | undefined;
  readonly #pace: DiskPace;
  #calls = 0;
  #hasStopped = false;
  #openFiles = 0;
  #syncs = 0;

  constructor(machine: SimulatedMachine, fault: SimulatedFault | undefined, pace?: DiskPace) {
    this.machine = machine;
    this.fault = fault;
    this.#pace = pace ?? { before: () => this.#turns(), after: () => this.#turns() };
  }

  /** How many calls there were. */
  get calls(): number {
    return this.#calls;
  }

  /** How many of them were syncs of a file or of the folder. */
  get syncs(): number {
    return this.#syncs;
  }

  /** Files that were opened and not closed. */
  get openFiles(): number {
    return this.#openFiles;
  }

  /** The process is killed: none of its calls does anything any more. */
  stop(): void {
    this.#hasStopped = true;
  }

  list(): Promise<readonly string[]> {
    return this.do({ kind: "plain", work: () => [...this.machine.files.keys()] });
  }

  open(name: string, mode: OpenMode): Promise<DiskFile> {
    checkName(name);
    const kind = mode === "create" ? "room" : "plain";
    return this.do({ kind, work: () => this.#open(name, mode) });
  }

  rename(from: string, to: string): Promise<void> {
    checkName(from);
    checkName(to);
    const work = (): void => {
      const file = this.#find(from);
      this.machine.changeNames((names) => {
        names.delete(from);
        names.set(to, file);
      });
    };
    return this.do({ kind: "room", work });
  }

  unlink(name: string): Promise<void> {
    checkName(name);
    const work = (): void => {
      this.#find(name);
      this.machine.changeNames((names) => {
        names.delete(name);
      });
    };
    return this.do({ kind: "plain", work });
  }

  syncFolder(): Promise<void> {
    let moment = 0;
    return this.do({
      kind: "sync",
      begin: () => {
        moment = this.machine.time;
      },
      work: () => this.machine.makeNamesDurable(moment),
    });
  }

  /** Does a call. */
  async do<T>({ kind, begin, work, fail }: Call<T>): Promise<T> {
    this.#checkRuns();
    const call = ++this.#calls;
    if (kind === "sync") this.#syncs++;
    begin?.();
    await this.#pace.before(kind);
    this.#crashAt(call, work);
    if (this.#failsAt(call, kind)) {
      fail?.();
      throw kind === "sync" ? ioError("EIO", "fsync") : ioError("ENOSPC", "write");
    }
    const value = work();
    await this.#pace.after(kind);
    this.#checkRuns();
    return value;
  }

  #open(name: string, mode: OpenMode): DiskFile {
    if (mode === "create") {
      if (this.machine.files.has(name)) throw ioError("EEXIST", "open");
      const created = new SimulatedFile();
      this.machine.changeNames((names) => {
        names.set(name, created);
      });
    }
    const file = this.#find(name);
    this.#openFiles++;
    return new OpenFile(this, file, () => this.#openFiles--);
  }

  #find(name: string): SimulatedFile {
    const file = this.machine.files.get(name);
    if (file === undefined) throw ioError("ENOENT", "open");
    return file;
  }

  #crashAt(call: number, work: () => unknown): void {
    if (this.fault?.kind === "crash" && this.fault.call === call && !this.#hasStopped) {
      if (this.machine.chance.oneIn(2)) work();
      this.#hasStopped = true;
    }
    this.#checkRuns();
  }

  #failsAt(call: number, kind: CallKind): boolean {
    const { fault } = this;
    if (fault === undefined || call < fault.call) return false;
    const fails =
      (fault.kind === "no-space" && kind === "room") ||
      (fault.kind === "failed-sync" && kind === "sync");
    if (fails) this.fault = undefined;
    return fails;
  }

  #checkRuns(): void {
    if (this.#hasStopped) throw ioError("ESTOPPED", "any");
  }

  /** Lets other calls come in between. */
  async #turns(): Promise<void> {
    for (let turns = this.machine.chance.below(3); turns > 0; turns--) await undefined;
  }
}

class OpenFile implements DiskFile {
  readonly #disk: SimulatedDisk;
  readonly #file: SimulatedFile;
  readonly #onClose: () => void;
  #isClosed = false;

  constructor(disk: SimulatedDisk, file: SimulatedFile, onClose: () => void) {
    this.#disk = disk;
    this.#file = file;
    this.#onClose = onClose;
  }

  size(): Promise<number> {
    return this.#do({ kind: "plain", work: () => this.#file.sizeBytes });
  }

  read(target: Uint8Array, offset: number): Promise<number> {
    return this.#do({ kind: "plain", work: () => this.#file.read(target, offset) });
  }

  write(bytes: Uint8Array, offset: number): Promise<void> {
    const { chance } = this.#disk.machine;
    const fail = (): void => {
      const sectors = chance.below(Math.floor(bytes.length / SECTOR_BYTES) + 1);
      if (sectors > 0) this.#file.write(bytes.subarray(0, sectors * SECTOR_BYTES), offset);
    };
    return this.#do({ kind: "room", work: () => this.#file.write(bytes, offset), fail });
  }

  truncate(sizeBytes: number): Promise<void> {
    return this.#do({ kind: "plain", work: () => this.#file.truncate(sizeBytes) });
  }

  sync(): Promise<void> {
    let moment = 0;
    return this.#do({
      kind: "sync",
      begin: () => {
        moment = this.#file.time;
      },
      work: () => this.#file.makeDurable(moment),
      fail: () => this.#file.failSync(this.#disk.machine.chance),
    });
  }

  close(): Promise<void> {
    if (this.#isClosed) throw new Error("A file is closed once.");
    this.#isClosed = true;
    this.#onClose();
    return Promise.resolve();
  }

  #do<T>(call: Call<T>): Promise<T> {
    if (this.#isClosed) throw new Error("A file is not used after it was closed.");
    return this.#disk.do(call);
  }
}
