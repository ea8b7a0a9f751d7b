/**
 * What many seeds have come to: how many, how fast, and what was seen.
 */

import { SIGHTS, Sometimes } from "../sometimes.ts";
import type { SeedReport } from "./seed-report.ts";

/** So many seeds see everything. */
const SEEDS_FOR_ALL = 300;

/** See the head of this file. */
export class Summary {
  readonly sometimes = new Sometimes();
  readonly failed: SeedReport[] = [];
  readonly #startMs = performance.now();
  #seeds = 0;
  #events = 0;
  #commands = 0;
  #virtualMs = 0;
  /** In how many seeds each was seen. */
  readonly #seedsThatSaw = new Map<string, number>();

  add(report: SeedReport): void {
    this.#seeds++;
    this.#events += report.events;
    this.#commands += report.commands;
    this.#virtualMs += report.virtualMs;
    this.sometimes.add(report.counts);
    for (const sight of Object.keys(report.counts)) {
      this.#seedsThatSaw.set(sight, (this.#seedsThatSaw.get(sight) ?? 0) + 1);
    }
    if (report.problem !== undefined) this.failed.push(report);
  }

  /** What was never seen, though there were enough seeds to see everything. */
  get missing(): readonly string[] {
    return this.#seeds < SEEDS_FOR_ALL ? [] : this.sometimes.missing;
  }

  get lines(): string[] {
    const seconds = (performance.now() - this.#startMs) / 1000;
    const width = Math.max(...SIGHTS.map(({ length }) => length));
    const sights = SIGHTS.map((sight) => {
      const times = String(this.sometimes.count(sight)).padStart(9);
      const seeds = String(this.#seedsThatSaw.get(sight) ?? 0).padStart(7);
      return `  ${sight.padEnd(width)} ${times} ${seeds}`;
    });
    const perMinute = Math.round((this.#seeds / seconds) * 60);
    return [
      `  ${"seen".padEnd(width)} ${"times".padStart(9)} ${"seeds".padStart(7)}`,
      ...sights,
      `${this.#seeds} seeds in ${seconds.toFixed(1)} s, ${perMinute} a minute: ${this.#events} events, ` +
        `${this.#commands} entries committed, ${(this.#virtualMs / 3_600_000).toFixed(1)} hours of ` +
        `cluster time; ${this.failed.length} failed.`,
    ];
  }
}
