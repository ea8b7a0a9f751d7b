/** What the tests must know of the Node that runs them. */

/**
 * Whether a thread that reaches its heap limit ends alone, most of the time. From Node 24 on V8 often
 * ends the whole process instead, or goes past the limit: nobody's code can help it.
 */
export const ENDS_THREAD_AT_HEAP_LIMIT = Number(process.versions.node.split(".")[0]) < 24;

/** Fills the heap; each step is small, so that V8 can stop in time. */
export const FILL_HEAP =
  "const hoard = []; globalThis.hoard = hoard; " +
  "for (;;) hoard.push(new Array(100_000).fill(hoard.length + 0.5));";
