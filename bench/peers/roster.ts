/**
 * Who takes part: looks for each tool once, when the first suite asks for it, because looking may
 * mean installing.
 */

import type { FoundTool, Tool } from "../suite.ts";

/** Names that `--peers` takes. */
export const PEER_NAMES = ["mawk", "sort", "grep", "duckdb", "spark"] as const;

/** See the head of this file. */
export class Roster {
  readonly #chosen: ReadonlySet<string>;
  readonly #found = new Map<string, FoundTool>();

  /** @param chosen names of peers; ours always takes part. */
  constructor(chosen: Iterable<string>) {
    this.#chosen = new Set(["sheaf", ...chosen]);
  }

  look(tool: Tool): FoundTool {
    let found = this.#found.get(tool.name);
    if (found === undefined) {
      found = this.#chosen.has(tool.name) ? tool.find() : { absent: "left out by --peers" };
      this.#found.set(tool.name, found);
    }
    return found;
  }

  isPresent(tool: Tool): boolean {
    return "version" in this.look(tool);
  }

  /** All that were looked for so far, by name. */
  get all(): ReadonlyMap<string, FoundTool> {
    return this.#found;
  }
}
