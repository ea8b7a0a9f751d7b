/**
 * The files of a new project, as `sheaf init` writes them: a word count, its test, and what makes
 * `npm install`, `npm start`, `npm test` and `npm run check` work at once on every Node we support.
 */

/** What the files depend on. */
export interface TemplateFacts {
  /** The name of the project, for package.json. */
  readonly name: string;
  /** What package.json says to get Sheaf: a version or a `file:` URL. */
  readonly sheaf: string;
  /** Versions of the tools, by package: Sheaf's own, because they are known to work together. */
  readonly versions: Readonly<Record<string, string>>;
}

/** Each file's name and text, in the order in which a newcomer reads them. */
export function projectFiles(facts: TemplateFacts): ReadonlyMap<string, string> {
  return new Map([
    ["README.md", README],
    ["job.ts", JOB],
    ["job.test.ts", JOB_TEST],
    ["input.txt", INPUT],
    ["package.json", packageJson(facts)],
    ["tsconfig.json", TSCONFIG],
    [".gitignore", GITIGNORE],
  ]);
}

/** The tools that a new project installs for its own checks. */
const TOOLS = ["@types/node", "typescript", "vitest"];

function packageJson({ name, sheaf, versions }: TemplateFacts): string {
  const content = {
    name,
    version: "0.0.0",
    private: true,
    type: "module",
    scripts: {
      start: "sheaf run job.ts input.txt -o out --overwrite",
      test: "vitest run",
      check: "tsc",
    },
    dependencies: { sheaf },
    devDependencies: Object.fromEntries(TOOLS.map((tool) => [tool, versions[tool] ?? "*"])),
  };
  return `${JSON.stringify(content, undefined, 2)}\n`;
}

const JOB = `// A word count. "npm start" runs it on input.txt and writes out/; make map and reduce your own.
import { defineJob, int, string, sum, text } from "sheaf";

export default defineJob({
  // Where records come from: here, the lines of text files.
  input: text(),
  // The types of what map emits, and how it travels.
  intermediate: { key: string(), value: int() },
  map(_position, line, emit) {
    for (const word of line.toLowerCase().match(/\\p{L}+/gu) ?? []) emit(word, 1);
  },
  // Adds up early what one task has emitted, so that less has to travel.
  combine: sum,
  reduce: sum,
});
`;

const JOB_TEST = `import { testJob } from "sheaf/testing";
import { expect, test } from "vitest";
import wordCount from "./job.ts";

test("word count: a word counts once for each time it occurs, in either case", async () => {
  const { output } = await testJob(wordCount, { input: ["To be, or", "not to be"] });
  expect(output).toEqual([
    ["be", 2],
    ["not", 1],
    ["or", 1],
    ["to", 2],
  ]);
});
`;

const INPUT = `A sheaf is a bundle of grain, cut and tied in the field.
Many hands cut the grain, each in a row of its own;
many hands tie it, and each sheaf holds the grain of many rows.
Cut and tie, map and reduce: many hands, one harvest.
`;

const README = `# A MapReduce job

A word count, to be made your own.

    npm install       brings Sheaf, and what tests and checks the job
    npm start         runs job.ts on input.txt; the counts are in out/part-00000
    npm test          runs job.test.ts
    npm run check     checks the types

Next steps:

- Run it on files of your own: \`npx sheaf run job.ts FILES... -o counts\`.
- Change \`map\` and \`reduce\` in job.ts; the test says whether it still does what you mean.
- \`npx sheaf run --help\` lists every option, with examples.
`;

const TSCONFIG = `{
  "compilerOptions": {
    "target": "es2023",
    "lib": ["es2023"],
    "module": "nodenext",
    "types": ["node"],
    "strict": true,
    "noUncheckedIndexedAccess": true,
    "verbatimModuleSyntax": true,
    "erasableSyntaxOnly": true,
    "allowImportingTsExtensions": true,
    "skipLibCheck": true,
    "noEmit": true
  },
  "include": ["*.ts"]
}
`;

const GITIGNORE = `node_modules/
out/
`;
