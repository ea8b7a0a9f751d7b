/**
 * Copies the bytes of a record. It stands apart because the choice between the two ways is a matter
 * of measurement, not of taste.
 */

/** Below this a loop is faster (1 ns a byte) than the native copy (45 ns, then almost nothing). */
const LOOP_BYTES_MAX = 48;

/** Copies source[start, end) to `target` at `position`; gives the position after it. */
export function copyBytes(
  source: Buffer,
  start: number,
  end: number,
  target: Buffer,
  position: number,
): number {
  const length = end - start;
  if (length < LOOP_BYTES_MAX) {
    for (let i = 0; i < length; i++) target[position + i] = source[start + i]!;
  } else {
    target.set(source.subarray(start, end), position);
  }
  return position + length;
}
