/**
 * What strikes a cluster, as plain data that a seed fixes: workers and masters that die, sleep, and are
 * ended, and links that are cut, those of clients too. Workers are called by their place among those that
 * live at the moment; clients are cut off all at once.
 */

import { seededRandom } from "../../../src/raft/seeded-random.ts";
import type { Cut } from "./cluster-network.ts";

/** A node of the cluster, by its place among its kind, or its clients. */
export interface ChaosNode {
  readonly kind: "master" | "worker" | "client";
  readonly place: number;
}

/** Dies, sleeps for a while, or is told to end; who dies or ends is started again. */
export interface ProcessFault {
  readonly type: "kill" | "stop" | "end";
  readonly nodes: readonly ChaosNode[];
  /** How long a node sleeps, or a master is away. */
  readonly forMs: number;
}

/** All links between two sides are cut, once or again and again, while other faults strike. */
export interface LinkFault {
  readonly type: "cut";
  readonly from: readonly ChaosNode[];
  readonly to: readonly ChaosNode[];
  readonly how: Cut;
  /** More than one: the links flap. */
  readonly times: number;
  /** From the first cut to the last healing. */
  readonly forMs: number;
}

export type ChaosFault = ProcessFault | LinkFault;

/** A fault, and how long after the one before it strikes. */
export interface Strike {
  readonly afterMs: number;
  readonly fault: ChaosFault;
}

/** How many there are. */
export interface ChaosNodes {
  readonly masters: number;
  readonly workers: number;
}

/** After these, the jobs are left in peace, so that they end. */
const STRIKES = 10;
const PAUSE_MS_MAX = 700;
const STOP_MS_MAX = 2500;
/** Workers are given up after a second, leaders step down after one or two. */
const CUT_MS_MIN = 300;
const CUT_MS_MAX = 4000;
/** One of a seed's cuts may be longer than a new leader waits for the workers of the one before. */
const LONG_CUT_MS_MIN = 11_000;
const LONG_CUT_MS_MAX = 14_000;
const FLAPS = 5;

/** The strikes of a seed. */
export function chaosSchedule(seed: number, nodes: ChaosNodes): readonly Strike[] {
  const draw = new Draw(seed);
  const long = draw.below(STRIKES);
  return Array.from({ length: STRIKES }, (_, number) => {
    const afterMs = draw.below(PAUSE_MS_MAX);
    const kind = draw.one(["master", "worker", "worker", "link", "link"]);
    if (kind === "link") return { afterMs, fault: linkFault(draw, nodes, number === long) };
    return {
      afterMs,
      fault: kind === "master" ? masterFault(draw, nodes) : workerFault(draw, nodes),
    };
  });
}

function workerFault(draw: Draw, { workers }: ChaosNodes): ProcessFault {
  const type = draw.one(["kill", "stop", "end"] as const);
  return { type, nodes: [draw.node("worker", workers)], forMs: draw.below(STOP_MS_MAX) };
}

function masterFault(draw: Draw, { masters }: ChaosNodes): ProcessFault {
  const how = draw.one(["kill", "stop", "end", "kill all"] as const);
  if (how === "kill all") {
    return { type: "kill", nodes: all("master", masters), forMs: draw.below(PAUSE_MS_MAX) };
  }
  const forMs = draw.below(how === "stop" ? STOP_MS_MAX : PAUSE_MS_MAX);
  return { type: how, nodes: [draw.node("master", masters)], forMs };
}

function linkFault(draw: Draw, nodes: ChaosNodes, isLong: boolean): LinkFault {
  const [leastMs, mostMs] = isLong ? [LONG_CUT_MS_MIN, LONG_CUT_MS_MAX] : [CUT_MS_MIN, CUT_MS_MAX];
  const sides = draw.turned(draw.one(draw.one(waysApart(draw, nodes))));
  return {
    ...{ type: "cut", from: sides[0], to: sides[1] },
    how: draw.one(["reset", "silent", "one way"] as const),
    times: isLong ? 1 : draw.one([1, FLAPS]),
    forMs: leastMs + draw.below(mostMs - leastMs),
  };
}

type Sides = readonly [readonly ChaosNode[], readonly ChaosNode[]];

/** Between whom links may be cut, by whose they are: nodes that were drawn once, and who else there is. */
function waysApart(draw: Draw, { masters, workers }: ChaosNodes): readonly (readonly Sides[])[] {
  const master = draw.node("master", masters);
  const worker = draw.node("worker", workers);
  const otherMasters = all("master", masters).filter(({ place }) => place !== master.place);
  const otherWorkers = all("worker", workers).filter(({ place }) => place !== worker.place);
  const ofWorkers: readonly Sides[] = [
    [[worker], [master]],
    [[worker], all("master", masters)],
    [[worker], otherWorkers],
    [[master], all("worker", workers)],
  ];
  const clients = all("client", 1);
  const ofClients: readonly Sides[] = [
    [clients, all("master", masters)],
    [clients, [master]],
  ];
  if (masters === 1) return [ofWorkers, ofWorkers, ofClients];
  const ofMasters: readonly Sides[] = [
    [[master], [draw.one(otherMasters)]],
    [[master], otherMasters],
    [[master], [...otherMasters, ...all("worker", workers)]],
    [all("master", masters), all("master", masters)],
  ];
  return [ofWorkers, ofWorkers, ofMasters, ofMasters, ofClients];
}

function all(kind: ChaosNode["kind"], count: number): readonly ChaosNode[] {
  return Array.from({ length: count }, (_, place) => ({ kind, place }));
}

/** What a seed decides. */
class Draw {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  /** In [0, most). */
  below(most: number): number {
    return Math.floor(this.#random() * most);
  }

  one<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }

  node(kind: ChaosNode["kind"], count: number): ChaosNode {
    return { kind, place: this.below(count) };
  }

  /** One way is from the first side to the second. */
  turned([one, other]: Sides): Sides {
    return this.below(2) === 0 ? [one, other] : [other, one];
  }
}

/** In words, for whoever reads why a seed failed. */
export function describeStrike({ afterMs, fault }: Strike): string {
  const when = `after ${afterMs} ms:`;
  if (fault.type !== "cut") return `${when} ${fault.type} ${names(fault.nodes)}, ${fault.forMs} ms`;
  const { from, to, how, times, forMs } = fault;
  return `${when} cut ${names(from)} from ${names(to)} (${how}), ${times} times in ${forMs} ms`;
}

function names(nodes: readonly ChaosNode[]): string {
  return nodes.map(({ kind, place }) => `${kind} ${place + 1}`).join(" and ");
}
