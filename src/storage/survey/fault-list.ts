/**
 * Faults as they are found: the first of them, and how many there are.
 */

import { FAULTS_LISTED_MAX } from "../limits.ts";
import type { Fault } from "./verdict.ts";

export class FaultList {
  readonly listed: Fault[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(fault: Fault): void {
    this.#count++;
    if (this.listed.length < FAULTS_LISTED_MAX) this.listed.push(fault);
  }

  clear(): void {
    this.#count = 0;
    this.listed.length = 0;
  }
}
