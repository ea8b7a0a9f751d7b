/**
 * Shortens the list of faults of a run that fails: whatever can be left out and the run still fails
 * is left out, first half of them, then ever smaller parts (A. Zeller's ddmin).
 */

/** Runs of it at the most: each is a whole simulation. */
const RUNS_MAX = 120;

/** `fails` says whether a run with these faults, by their places in the list, still fails. */
export async function shrink(
  count: number,
  fails: (faults: readonly number[]) => Promise<boolean>,
): Promise<readonly number[]> {
  let left = Array.from({ length: count }, (_, i) => i);
  let parts = 2;
  for (let runs = 0; left.length > 0 && runs < RUNS_MAX; ) {
    const size = Math.ceil(left.length / parts);
    let isShorter = false;
    for (let from = 0; from < left.length && runs < RUNS_MAX; from += size) {
      const without = [...left.slice(0, from), ...left.slice(from + size)];
      runs++;
      if (!(await fails(without))) continue;
      left = without;
      parts = Math.max(2, parts - 1);
      isShorter = true;
      break;
    }
    if (isShorter) continue;
    if (size === 1) break;
    parts = Math.min(left.length, parts * 2);
  }
  return left;
}
