import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { configDefaults, defineConfig } from "vitest/config";

/** Folders with tests of one part in one thread: hundreds, and short. */
const PARTS = [
  ...["src", "bench"],
  ...["architecture", "docs", "examples", "raft", "replica", "scheduler"].map((it) => `test/${it}`),
];
/** What mocks a module, sets a variable of its process or measures its heap needs a process of its own. */
const NEEDS_PROCESS =
  /\bvi\.mock\(|\bprocess\.env(\.\w+|\[.+\]) = |\bbucket\.enter\(|\bgetHeapStatistics\(/;

const testsOfParts = PARTS.flatMap((folder) =>
  readdirSync(join(import.meta.dirname, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".test.ts"))
    .map((name) => `${folder}/${name}`),
);
const together = testsOfParts.filter(
  (path) => !NEEDS_PROCESS.test(readFileSync(join(import.meta.dirname, path), "utf8")),
);

/** All tests but some. */
export function testsWithout(leftOut: readonly string[]) {
  const exclude = [...configDefaults.exclude, ...leftOut];
  return defineConfig({
    test: {
      // Integration tests start processes and threads of their own; two at once fill two cores.
      maxWorkers: 2,
      testTimeout: 60_000,
      hookTimeout: 60_000,
      // A second, as it is otherwise, is soon over on a busy machine.
      expect: { poll: { timeout: 30_000 } },
      // One after the other, by their names: the short tests come last, and leave no core without work.
      projects: [
        {
          extends: true,
          test: {
            name: "one by one",
            include: ["src/**/*.test.ts", "test/**/*.test.ts", "bench/**/*.test.ts"],
            exclude: [...exclude, ...together],
          },
        },
        {
          extends: true,
          test: {
            name: "together",
            include: together,
            exclude,
            // A process of its own would take each of them far longer than its tests.
            isolate: false,
          },
        },
      ],
    },
  });
}

// These need a Docker engine: `npm run test:cluster`.
export default testsWithout(["test/docker/**"]);
