/**
 * The network between hosts, in each direction for itself: packets are late, lost, doubled and out of
 * order as its weather has it, and get through no link that is cut.
 */

import type { Chance } from "../../storage/support/chance.ts";
import type { Host, Process } from "./host.ts";
import type { World } from "./world.ts";

/** What packets suffer. */
export interface Weather {
  readonly lostShare: number;
  readonly doubledShare: number;
  /** Of packets that are much later than the others. */
  readonly lateShare: number;
  readonly lateMs: number;
}

export const FAIR: Weather = { lostShare: 0, doubledShare: 0, lateShare: 0, lateMs: 0 };

const DELAY_MS_MIN = 0.2;
const DELAY_MS_MAX = 2;

/** See the head of this file. */
export class Network {
  readonly world: World;
  readonly #chance: Chance;
  /** How many faults cut a link. */
  readonly #cuts = new Map<string, number>();
  weather = FAIR;

  constructor(world: World) {
    this.world = world;
    this.#chance = world.chance("network");
  }

  cut(from: Host, to: Host): void {
    const link = nameOf(from, to);
    this.#cuts.set(link, (this.#cuts.get(link) ?? 0) + 1);
  }

  mend(from: Host, to: Host): void {
    const link = nameOf(from, to);
    this.#cuts.set(link, Math.max(0, (this.#cuts.get(link) ?? 0) - 1));
  }

  isOpen(from: Host, to: Host): boolean {
    return (this.#cuts.get(nameOf(from, to)) ?? 0) === 0;
  }

  /** How long a packet takes that is not lost. */
  delayMs(from: Host, to: Host): number {
    const { lateShare, lateMs } = this.weather;
    const late = this.#isDrawn(lateShare) ? this.#chance.between(0, lateMs) : 0;
    return this.#chance.between(DELAY_MS_MIN, DELAY_MS_MAX) * from.slowness * to.slowness + late;
  }

  /** Whether a connection has to send something again, which makes all behind it late. */
  mustRepeat(): boolean {
    return this.#isDrawn(this.weather.lostShare);
  }

  /** Sends one packet, which may come never, once or twice. */
  send(from: Process, to: Host, arrive: () => void): void {
    const { sometimes } = this.world;
    const { lostShare, doubledShare } = this.weather;
    if (this.#isDrawn(lostShare)) return sometimes.saw("message lost");
    const copies = this.#isDrawn(doubledShare) ? 2 : 1;
    if (copies === 2) sometimes.saw("message doubled");
    for (let copy = 0; copy < copies; copy++) {
      this.world.after(this.delayMs(from.host, to), () => {
        const { process } = to;
        if (process === undefined) return;
        if (this.isOpen(from.host, to)) process.run(arrive);
        else sometimes.saw("message cut off");
      });
    }
  }

  #isDrawn(share: number): boolean {
    return share > 0 && this.#chance.share() < share;
  }
}

function nameOf(from: Host, to: Host): string {
  return `${from.name}>${to.name}`;
}
