/**
 * Where a leader's commands go before anything comes of them.
 */

import type { ClusterCommand } from "./cluster-command.ts";

/** Takes commands in their order. */
export interface CommandLog {
  /** Resolves when the commands will outlive whatever this log outlives. */
  append(commands: readonly ClusterCommand[]): Promise<void>;
}

/** Outlives nothing: for a master that keeps its jobs in memory. */
export const MEMORY_LOG: CommandLog = { append: () => Promise.resolve() };
