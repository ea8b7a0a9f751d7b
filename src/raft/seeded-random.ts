/**
 * Numbers that look random and follow from a seed: the core's election timeouts are drawn from such
 * a source, so that a seed reproduces a run. A shell seeds it differently in each life of a member.
 */

/** A source of numbers in [0, 1): SplitMix32, which passes through all 2^32 states. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return ((z ^ (z >>> 15)) >>> 0) / 2 ** 32;
  };
}
