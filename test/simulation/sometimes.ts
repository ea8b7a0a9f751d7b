/**
 * "Sometimes": what must have been seen in enough runs, or the simulator proves nothing of it. Each
 * kind of fault is here, and the rare states that bugs hide in.
 */

export const SIGHTS = [
  // The network
  "message lost",
  "message doubled",
  "message cut off",
  "connection broken",
  "links cut both ways",
  "links cut one way",
  "links flap",
  // Masters and their disks
  "master killed",
  "master loses power",
  "all masters lose power",
  "master stopped",
  "master ends in order",
  "master slow",
  "clock jumps",
  "write torn",
  "full disk",
  "failed fsync",
  "disk slow",
  "file rots",
  "disk lost",
  "damage found",
  "damage covered",
  "recovery over",
  "vote forgotten",
  // The group
  "leader elected",
  "two candidates",
  "two leaders at once",
  "reign cut short",
  "lead handed over",
  "stepped down with entries in flight",
  "entries truncated",
  "failover during a commit",
  "crash during a sync",
  "snapshot made",
  "snapshot installed",
  "snapshot installed during appends",
  "snapshot interrupted",
  "member replaced",
  "replacement gone on with",
  "replacement during an election",
  "two replacements at once",
  // Workers
  "worker killed",
  "worker stopped",
  "worker slow",
  "worker given up",
  "worker cut off from a worker",
  "zombie refused",
  "zombie wrote a part",
  "running attempt adopted",
  "end told again",
  "output gone",
  "region corrupt",
  "region out of reach",
  "map output lost",
  "map assigned beyond the slots",
  "map near its input",
  "map far from its input",
  "backup made",
  "backup won",
  "attempt lost a race",
  "attempt failed by its code",
  "attempt preempted",
  "late command had no effect",
  // Jobs
  "job succeeded",
  "job failed",
  "job cancelled",
  "job of several steps",
  "sample read",
  "job resumed by another leader",
  "job published and not recorded",
  "part published again",
  "submission repeated",
  "submission of an unknown end",
  "read refused without a quorum",
  "history judged",
] as const;

export type Sight = (typeof SIGHTS)[number];

/** See the head of this file. */
export class Sometimes {
  readonly #counts = new Map<Sight, number>();

  saw(sight: Sight): void {
    this.#counts.set(sight, (this.#counts.get(sight) ?? 0) + 1);
  }

  count(sight: Sight): number {
    return this.#counts.get(sight) ?? 0;
  }

  /** Adds what another one saw. */
  add(counts: Readonly<Partial<Record<Sight, number>>>): void {
    for (const sight of SIGHTS) {
      const more = counts[sight] ?? 0;
      if (more > 0) this.#counts.set(sight, this.count(sight) + more);
    }
  }

  get counts(): Readonly<Record<Sight, number>> {
    return Object.fromEntries(SIGHTS.map((sight) => [sight, this.count(sight)])) as Record<
      Sight,
      number
    >;
  }

  /** What was never seen. */
  get missing(): readonly Sight[] {
    return SIGHTS.filter((sight) => this.count(sight) === 0);
  }
}
