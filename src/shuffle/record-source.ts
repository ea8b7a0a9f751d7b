/**
 * A sequence of encoded records, read one at a time: a run, a region or a merge of several. It moves
 * over buffers of its own; what it shows is valid until the next call of `next`.
 */

/** See the head of this file. */
export interface RecordSource {
  /** Moves to the next record; false at the end. Throws `REGION_CORRUPT`. */
  next(): boolean;
  /** True only where the key is known to equal the one before it; false says nothing. */
  readonly sameKey: boolean;
  /** True only where what it shows outlives the next call of `next`, up to the one after it. */
  readonly keeps: boolean;
  readonly keyBytes: Buffer;
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly valueBytes: Buffer;
  readonly valueStart: number;
  readonly valueEnd: number;
  close(): void;
}
