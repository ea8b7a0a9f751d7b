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
/** Not 0 when the watcher has asked the slot to stop and think. */
const ASKED = CELLS.length;

/** What a watcher sees. */
export type ProgressReading = Readonly<Record<Cell, number>>;

/** See the head of this file. Plain stores: a reading may be a record behind, never torn. */
export class ProgressCells {
  readonly memory: SharedArrayBuffer;
  readonly #cells: Float64Array;
  readonly #onAsked: () => void;

  /** `onAsked` is called by the slot, between two records or two values, after an `ask`. */
  constructor(
    memory = new SharedArrayBuffer((CELLS.length + 1) * Float64Array.BYTES_PER_ELEMENT),
    onAsked: () => void = () => undefined,
  ) {
    this.memory = memory;
    this.#cells = new Float64Array(memory);
    this.#onAsked = onAsked;
  }

  /** The watcher's one wish: that the slot calls its `onAsked` when it comes by. */
  ask(): void {
    this.#cells[ASKED] = 1;
  }

  /** A new attempt begins; -1 says that no record has been begun. */
  reset(): void {
    this.#cells.fill(0, 0, LATE);
    this.#cells[ORDINAL] = -1;
  }

  /** The user's function is about to see this record (or group). */
  begin(ordinal: number): void {
    if (this.#cells[ASKED] !== 0) this.#answer();
    this.#cells[ORDINAL] = ordinal;
    this.#cells[RECORDS] = ordinal + 1;
  }

  /** Anything that shows the attempt is alive without finishing a record: a value read, a spill. */
  step(): void {
    if (this.#cells[ASKED] !== 0) this.#answer();
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

  #answer(): void {
    this.#cells[ASKED] = 0;
    this.#onAsked();
  }
}
