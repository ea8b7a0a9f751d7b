/**
 * The memory budget: jobs much larger than `--memory 64MB` a slot, which must finish in little memory
 * with the answer of a run that has plenty.
 */

import { bytesInOrder } from "../measure/answers.ts";
import { countText, sizeText } from "../report/figures.ts";
import type { Setting, Suite, SuiteMaker } from "../suite.ts";

const PEAK_BYTES_MAX = 600_000_000;
/** At the default size of 500 MB: 2 GB with 20 million keys, and ten million values. */
const KEY_LINES_PER_BYTE = 1 / 25;
const KEY_LINE_BYTES = 100;
const VALUES_PER_BYTE = 1 / 50;

export const manyKeys: SuiteMaker = {
  id: "memory-keys",
  make(setting: Setting): Suite {
    const keys = Math.round(setting.sizeBytes * KEY_LINES_PER_BYTE);
    const input = setting.data.distinctKeys(keys);
    const size = sizeText(keys * KEY_LINE_BYTES);
    return memorySuite(setting, {
      name: "many keys",
      description: `${size} with ${countText(keys)} distinct keys`,
      job: "count-keys",
      input,
    });
  },
};

export const oneKey: SuiteMaker = {
  id: "memory-values",
  make(setting: Setting): Suite {
    const values = Math.round(setting.sizeBytes * VALUES_PER_BYTE);
    return memorySuite(setting, {
      name: "one key",
      description: `${countText(values)} values of one key`,
      job: "one-key",
      input: setting.data.values(values),
    });
  },
};

interface MemoryCase {
  readonly name: string;
  readonly description: string;
  readonly job: string;
  readonly input: string;
}

function memorySuite(setting: Setting, { name, description, job, input }: MemoryCase): Suite {
  const { sheaf } = setting.tools;
  const run = (id: string, memory: string) =>
    sheaf.contender({
      id,
      label: `Sheaf, ${setting.slots} slots, --memory ${memory} a slot`,
      job,
      input,
      flags: ["-R", "4", "--memory", memory],
    });
  return {
    title: `Memory: ${name}`,
    input: description,
    inputPaths: [input],
    contenders: [run("tight", "64MB"), run("ample", "4GB")],
    answer: bytesInOrder,
    roundsMax: 1,
    goals: [
      {
        kind: "memory",
        name: `memory, ${description}`,
        ours: "tight",
        peer: "ample",
        bytesMax: PEAK_BYTES_MAX,
      },
    ],
  };
}
