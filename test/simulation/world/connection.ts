/**
 * A connection between two processes: what is said into one end comes out of the other, in order and
 * once, until it breaks. Each end notices that for itself, and some never do.
 */

import type { Process } from "./host.ts";
import type { Network } from "./network.ts";

/** So long a sender waits for a link that is cut before it gives the connection up. */
const PATIENCE_MS = 5000;
const REPEAT_MS = 200;

/** What a connection tells the process at one of its ends. */
export interface Ears<T> {
  hear(said: T): void;
  /** Nothing comes any more. */
  ended(): void;
}

/** One end: what its process says, the other end's hears. */
export class End<Said, Heard> {
  readonly process: Process;
  readonly #network: Network;
  #ears: Ears<Heard> | undefined;
  #other!: End<Heard, Said>;
  #isOver = false;
  /** Said, and not arrived; undefined says that there is no more. */
  readonly #underWay: (Said | undefined)[] = [];
  #lastMs = 0;
  #cutSinceMs: number | undefined;

  constructor(network: Network, process: Process) {
    this.#network = network;
    this.process = process;
    const died = (): void => this.#break();
    process.onEnd.add(died);
  }

  /** Two ends of one connection. */
  static pair<A, B>(network: Network, one: Process, other: Process): [End<A, B>, End<B, A>] {
    const first = new End<A, B>(network, one);
    const second = new End<B, A>(network, other);
    first.#other = second;
    second.#other = first;
    return [first, second];
  }

  listen(ears: Ears<Heard>): void {
    this.#ears = ears;
  }

  say(said: Said): void {
    this.#send(said);
  }

  /** Says no more, and hears no more; the other end learns of it behind all that was said. */
  close(): void {
    if (this.#isOver) return;
    this.#send(undefined);
    this.#isOver = true;
    this.#ears = undefined;
  }

  #send(said: Said | undefined): void {
    if (this.#isOver) return;
    const { world } = this.process;
    const late = this.#network.mustRepeat() ? REPEAT_MS : 0;
    const delayMs = this.#network.delayMs(this.process.host, this.#other.process.host) + late;
    this.#lastMs = Math.max(this.#lastMs, world.nowMs + delayMs);
    this.#underWay.push(said);
    if (this.#underWay.length === 1) world.after(this.#lastMs - world.nowMs, () => this.#arrive());
  }

  #arrive(): void {
    const { host, world } = this.process;
    if (this.#underWay.length === 0) return;
    if (!this.#network.isOpen(host, this.#other.process.host)) {
      this.#cutSinceMs ??= world.nowMs;
      if (world.nowMs - this.#cutSinceMs > PATIENCE_MS) return this.#break();
      world.after(REPEAT_MS, () => this.#arrive());
      return;
    }
    this.#cutSinceMs = undefined;
    const said = this.#underWay.shift();
    if (said === undefined) this.#other.#over();
    else this.#other.process.run(() => this.#other.#ears?.hear(said));
    if (this.#underWay.length > 0) {
      world.after(Math.max(0, Math.min(this.#lastMs - world.nowMs, 1)), () => this.#arrive());
    }
  }

  /** This end is gone, with all that was under way; the other one may hear of it. */
  #break(): void {
    if (this.#underWay.length > 0) this.process.world.sometimes.saw("connection broken");
    this.#underWay.length = 0;
    this.#over();
    const { host, world } = this.process;
    const other = this.#other;
    world.after(REPEAT_MS, () => {
      if (this.#network.isOpen(host, other.process.host)) other.#over();
      else world.after(PATIENCE_MS, () => other.#over());
    });
  }

  #over(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const ears = this.#ears;
    this.#ears = undefined;
    this.process.run(() => ears?.ended());
  }
}
