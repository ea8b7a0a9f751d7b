/**
 * How far a slot's attempt is, in memory shared with the thread that watches it: the slot writes,
 * the watcher reads, nobody waits. It survives the slot, so it tells at which record a thread died.
 */

const CELLS = ["ordinal", "records", "bytes", "spills", "steps", "late"] as const;
type Cell = (typeof CELLS)[number];

const ORDINAL = CELLS.indexOf("ordinal");
const RECORDS = CELLS.indexOf("records");
const BYTES = CELLS.indexOf("bytes");
const SPILLS = CELLS.indexOf("spills");
const STEPS = CELLS.indexOf("steps");
const LATE = CELLS.indexOf("late");

/** What a watcher sees. */
export type ProgressReading = Readonly<Record<Cell, number>>;

/** See the head of this file. Plain stores: a reading may be a record behind, never torn. */
export class ProgressCells {
  readonly memory: SharedArrayBuffer;
  readonly #cells: Float64Array;

  constructor(memory = new SharedArrayBuffer(CELLS.length * Float64Array.BYTES_PER_ELEMENT)) {
    this.memory = memory;
    this.#cells = new Float64Array(memory);
  }

  /** A new attempt begins; -1 says that no record has been begun. */
  reset(): void {
    this.#cells.fill(0, 0, LATE);
    this.#cells[ORDINAL] = -1;
  }

  /** The user's function is about to see this record (or group). */
  begin(ordinal: number): void {
    this.#cells[ORDINAL] = ordinal;
    this.#cells[RECORDS] = ordinal + 1;
  }

  /** Anything that shows the attempt is alive without finishing a record: a value read, a spill. */
  step(): void {
    this.#cells[STEPS]!++;
  }

  /** An emit came when its call was over. It is never forgotten: its attempt may have won by now. */
  noteLate(): void {
    this.#cells[LATE]!++;
  }

  setBytes(bytes: number): void {
    this.#cells[BYTES] = bytes;
  }

  setSpills(spills: number): void {
    this.#cells[SPILLS] = spills;
  }

  read(): ProgressReading {
    const cells = this.#cells;
    return {
      ordinal: cells[ORDINAL]!,
      records: cells[RECORDS]!,
      bytes: cells[BYTES]!,
      spills: cells[SPILLS]!,
      steps: cells[STEPS]!,
      late: cells[LATE]!,
    };
  }
}
