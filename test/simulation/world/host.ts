/**
 * A machine, and the process that runs on it. Whatever reaches a process comes in by `run`: a dead
 * one hears nothing, and one that is stopped hears it when it goes on. Whatever a process has begun
 * ends with it, because all that it waits for comes in by `run` as well.
 */

import type { CallOff, World } from "./world.ts";

const EPOCH_MS = Date.UTC(2026, 0, 1);
/** Callbacks that only wait for their turn. */
const TURN_MS = 0.01;

/** See the head of this file. */
export class Host {
  readonly world: World;
  readonly name: string;
  /** How many milliseconds its clock counts in one. */
  readonly rate: number;
  /** How far its wall clock is off, and is set off again. */
  wallOffsetMs: number;
  /** How many times longer everything takes on it. */
  slowness = 1;
  process: Process | undefined;
  #isStopped = false;

  constructor(world: World, name: string) {
    const chance = world.chance(`host ${name}`);
    this.world = world;
    this.name = name;
    this.rate = chance.between(0.9, 1.1);
    this.wallOffsetMs = chance.between(-60_000, 60_000);
  }

  get isUp(): boolean {
    return this.process !== undefined;
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** A process begins. */
  begin(): Process {
    this.process = new Process(this);
    return this.process;
  }

  /** It is killed. */
  end(): void {
    const { process } = this;
    this.process = undefined;
    this.#isStopped = false;
    process?.end();
  }

  /** As SIGSTOP does. */
  stop(): void {
    if (this.isUp) this.#isStopped = true;
  }

  /** As SIGCONT does. */
  goOn(): void {
    if (!this.#isStopped) return;
    this.#isStopped = false;
    this.process?.catchUp();
  }
}

/** One life of a process. */
export class Process {
  readonly host: Host;
  readonly world: World;
  isAlive = true;
  /** Told when the process ends: connections break. */
  readonly onEnd = new Set<() => void>();
  #missed: (() => void)[] = [];

  constructor(host: Host) {
    this.host = host;
    this.world = host.world;
  }

  /** See the head of this file. */
  run(act: () => void): void {
    if (!this.isAlive) return;
    if (this.host.isStopped || this.#missed.length > 0) {
      this.#missed.push(act);
      return;
    }
    this.world.stir();
    act();
  }

  /** A monotonic clock, which runs a little fast or slow. */
  nowMs(): number {
    return this.world.nowMs * this.host.rate;
  }

  /** The time of day, as far as this machine knows. */
  wallMs(): number {
    return Math.floor(EPOCH_MS + this.nowMs() + this.host.wallOffsetMs);
  }

  after(ms: number, act: () => void): CallOff {
    let isOff = false;
    const callOff = this.world.after(ms / this.host.rate, () =>
      this.run(() => {
        if (!isOff) act();
      }),
    );
    return () => {
      isOff = true;
      callOff();
    };
  }

  every(ms: number, act: () => void): CallOff {
    let callOff: CallOff;
    const next = (): void => {
      callOff = this.after(ms, () => {
        next();
        act();
      });
    };
    next();
    return () => callOff();
  }

  soon(act: () => void): void {
    this.after(TURN_MS * this.host.slowness, act);
  }

  /** Rejects with the signal's reason when it aborts. */
  wait(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        callOff();
        reject(signal?.reason);
      };
      const callOff = this.after(ms, () => {
        signal?.removeEventListener("abort", abort);
        resolve();
      });
      if (signal?.aborted) abort();
      else signal?.addEventListener("abort", abort, { once: true });
    });
  }

  /** What has come while it was stopped comes now, in its order. */
  catchUp(): void {
    this.world.after(TURN_MS, () => {
      if (!this.isAlive || this.host.isStopped) return;
      const [next] = this.#missed;
      if (next === undefined) return;
      this.world.stir();
      this.#missed.shift();
      next();
      this.catchUp();
    });
  }

  end(): void {
    this.isAlive = false;
    this.#missed = [];
    for (const told of this.onEnd) told();
  }
}
