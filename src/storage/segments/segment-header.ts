/**
 * The first record of a segment: where it stands in the log.
 */

/** The entry before the first; its term is not always known. */
export interface LogBase {
  readonly index: number;
  readonly term: number | undefined;
}

export interface SegmentHeader {
  readonly sequence: number;
  /**
   * The segment before, and where it ends. Without one the log begins anew after `base`, and all
   * earlier segments are void.
   */
  readonly previous?: { readonly sequence: number; readonly endOffset: number };
  readonly base: LogBase;
}
