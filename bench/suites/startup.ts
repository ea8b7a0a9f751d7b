/** What a job costs before it does anything: one line of input, from start to exit. */

import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { linesInAnyOrder } from "../measure/answers.ts";
import type { Setting, Suite, SuiteMaker } from "../suite.ts";

/** A package of which a run on one machine must load nothing. */
const UNWANTED = "@grpc";

export const startup: SuiteMaker = {
  id: "startup",
  make({ data, tools }: Setting): Suite {
    const input = data.oneLine();
    const { sheaf } = tools;
    return {
      title: "Start to exit",
      input: "one line of text",
      inputPaths: [input],
      contenders: [
        sheaf.contender({ id: "sheaf", label: "Sheaf, word count", job: "word-count", input }),
      ],
      answer: linesInAnyOrder,
      goals: [{ kind: "seconds", name: "one line, start to exit", ours: "sheaf", atMost: 0.4 }],
      checks: [
        {
          name: `loads nothing of ${UNWANTED}`,
          tool: sheaf,
          run: async (scratch) => {
            const command = sheaf.argv({ job: "word-count", input }, path.join(scratch, "out"));
            const modules = loadedModules(command, path.join(scratch, "coverage"));
            const unwanted = modules.filter((url) => url.includes(`/${UNWANTED}/`));
            const found = `${modules.length} modules loaded, ${unwanted.length} of ${UNWANTED}`;
            return { found, met: modules.length > 0 && unwanted.length === 0 };
          },
        },
      ],
    };
  },
};

/** What a process and its threads load: V8's coverage names every script that was compiled. */
function loadedModules(argv: readonly [string, ...string[]], folder: string): string[] {
  const [program, ...args] = argv;
  const env = { ...process.env, NODE_V8_COVERAGE: folder };
  const { status } = spawnSync(program, args, { env, stdio: "ignore" });
  if (status !== 0) throw new Error(`${argv.join(" ")} ended with code ${status}.`);
  const urls = new Set<string>();
  for (const name of readdirSync(folder)) {
    const coverage = JSON.parse(readFileSync(path.join(folder, name), "utf8")) as Coverage;
    for (const { url } of coverage.result) if (url.startsWith("file:")) urls.add(url);
  }
  return [...urls];
}

interface Coverage {
  readonly result: readonly { readonly url: string }[];
}
