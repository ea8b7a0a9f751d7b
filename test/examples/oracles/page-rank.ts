/**
 * PageRank by the matrix: entry [to][from] is the chance that a reader of `from` goes on to `to`.
 */

/** The ranks after so many iterations, by page. */
export function pageRank(
  links: ReadonlyMap<string, ReadonlySet<string>>,
  damping: number,
  iterations: number,
): Map<string, number> {
  const pages = [...links.keys()];
  const n = pages.length;
  const matrix = pages.map((to) => {
    return pages.map((from) => {
      const targets = links.get(from)!;
      const followed = targets.has(to) ? 1 / targets.size : 0;
      return (1 - damping) / n + damping * (targets.size === 0 ? 1 / n : followed);
    });
  });
  let ranks = pages.map(() => 1 / n);
  for (let iteration = 0; iteration < iterations; iteration++) {
    ranks = matrix.map((row) => row.reduce((sum, chance, from) => sum + chance * ranks[from]!, 0));
  }
  return new Map(pages.map((page, index) => [page, ranks[index]!]));
}
