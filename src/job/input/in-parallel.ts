/**
 * Asynchronous work on many items, a bounded number of them at once.
 */

/**
 * The results in the order of the items. After a failure nothing new begins, and it is thrown when
 * what is under way has ended.
 */
export async function inParallel<T, R>(
  items: readonly T[],
  atOnceMax: number,
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results = new Array<R>(items.length);
  let next = 0;
  let failed = false;
  const workers = Array.from({ length: Math.min(atOnceMax, items.length) }, async () => {
    while (next < items.length && !failed) {
      const index = next++;
      try {
        results[index] = await work(items[index]!, index);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  });
  const ended = await Promise.allSettled(workers);
  const failure = ended.find((each) => each.status === "rejected");
  if (failure !== undefined) throw failure.reason;
  return results;
}
