/**
 * How rough the world of a simulation is: how often each thing happens to a group. Worlds differ by
 * seed, because bugs that need long calm and bugs that need many faults do not show in the same one.
 */

/** How often each thing happens, in about a thousand steps of a mild world. */
const MILD = {
  deliver: 440,
  work: 340,
  tick: 110,
  propose: 45,
  read: 20,
  lose: 10,
  duplicate: 8,
  restart: 10,
  heal: 5,
  crash: 1.5,
  crashInWrite: 1.5,
  compact: 3,
  change: 3,
  partition: 0.7,
  cut: 0.7,
  transfer: 1,
  loseDisk: 2,
};

export type Happening = keyof typeof MILD;
export type Weather = Readonly<Record<Happening, number>>;

const STORM: Partial<Weather> = {
  lose: 30,
  duplicate: 15,
  restart: 14,
  crash: 5,
  crashInWrite: 5,
  partition: 2,
  cut: 2,
};

const WEATHERS: readonly Weather[] = [
  MILD,
  { ...MILD, ...STORM },
  // Time flies, so leaders come and go.
  { ...MILD, tick: 250, partition: 1.5 },
  // Members come, go and lose their disks.
  { ...MILD, change: 9, compact: 6, crash: 3, restart: 14, loseDisk: 12 },
  // Links fail one way at a time, and leadership is handed around.
  { ...MILD, cut: 4, heal: 12, transfer: 6, tick: 150 },
];

export function weatherOf(seed: number): Weather {
  return WEATHERS[seed % WEATHERS.length]!;
}

/** One thing that happens; `chance` is in [0, 1). */
export function pickHappening(weather: Weather, chance: number): Happening {
  const entries = Object.entries(weather) as [Happening, number][];
  const total = entries.reduce((sum, [, weight]) => sum + weight, 0);
  let point = chance * total;
  for (const [name, weight] of entries) {
    point -= weight;
    if (point < 0) return name;
  }
  return "tick";
}
