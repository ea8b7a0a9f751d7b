/** What a reader must know of the machine to make anything of the figures. */

import os from "node:os";

/** See the head of this file. */
export interface Machine {
  readonly cores: number;
  readonly model: string;
  readonly memoryBytes: number;
  readonly system: string;
  readonly node: string;
  /** Processes that wanted a core in the last minute. */
  readonly load: number;
}

export function thisMachine(): Machine {
  return {
    cores: os.availableParallelism(),
    model: os.cpus()[0]?.model.trim() ?? "unknown",
    memoryBytes: os.totalmem(),
    system: `${os.type()} ${os.release()}`,
    node: process.versions.node,
    load: os.loadavg()[0] ?? 0,
  };
}
