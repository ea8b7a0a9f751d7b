/**
 * Commands a second through a group of three masters' logs: three processes on loopback, each with a
 * disk of its own that is synchronized before anybody is told.
 */

import { commandsPerSecond } from "../group/group-run.ts";
import { bytesInOrder } from "../measure/answers.ts";
import { countText, median } from "../report/figures.ts";
import type { Setting, Suite, SuiteMaker } from "../suite.ts";
import { CLUSTER_SECTION } from "./cluster-section.ts";

const MEMBERS = 3;
const COMMANDS_PER_S_MIN = 5000;
/** At the size of a full benchmark: 50,000 commands. */
const COMMANDS_PER_EMPTY_TASK = 5;

export const groupCommands: SuiteMaker = {
  id: "group-commands",
  make({ emptyTasks, rounds, tools }: Setting): Suite {
    const commands = emptyTasks * COMMANDS_PER_EMPTY_TASK;
    return {
      title: "Commands through a group",
      section: CLUSTER_SECTION,
      input: `${countText(commands)} commands of 100 bytes`,
      inputPaths: [],
      contenders: [],
      answer: bytesInOrder,
      goals: [],
      checks: [
        {
          name: `commands through a group of ${MEMBERS} on loopback, with fsync`,
          goal: `≥ ${countText(COMMANDS_PER_S_MIN)}/s`,
          tool: tools.sheaf,
          run: async (scratch) => {
            const rates: number[] = [];
            for (let round = 0; round < rounds; round++) {
              const { root } = tools.sheaf;
              rates.push(await commandsPerSecond({ root, scratch, members: MEMBERS, commands }));
            }
            const rate = median(rates);
            return { found: `${countText(rate)}/s`, met: rate >= COMMANDS_PER_S_MIN };
          },
        },
      ],
    };
  },
};
