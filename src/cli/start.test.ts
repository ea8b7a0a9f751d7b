import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** An engine that does what the name of the job says, and says on stderr how far it is. */
const FAKE_ENGINE = `
import { SheafError } from ${JSON.stringify(join(ROOT, "src/base/error.ts"))};
import { start as startWith } from ${JSON.stringify(join(ROOT, "src/cli/main.ts"))};

const say = (text) => process.stderr.write(text + "\\n");
const aborted = (signal) => new Promise((resolve) => signal.addEventListener("abort", resolve));

async function run(job, { signal, onEvent }) {
  const alive = setInterval(() => {}, 1000);
  process.on("exit", () => say("engine: exit handler"));
  switch (job) {
    case "endless":
      say("engine: started");
      await aborted(signal);
      say("engine: cleaned up");
      clearInterval(alive);
      throw new SheafError("CANCELLED", "The run was cancelled.");
    case "stuck":
      say("engine: started");
      await aborted(signal);
      // By now a second signal can no longer pass for the first.
      setTimeout(() => say("engine: stuck"), 200);
      return new Promise(() => {});
    case "broken off":
      say("engine: started");
      await aborted(signal);
      // As a stream is that was in the middle of a write: nothing more gets out, nobody is told.
      process.stderr.cork();
      throw new SheafError("CANCELLED", "The run was cancelled.");
    case "broken":
      setTimeout(() => { throw new Error("of nobody"); });
      return new Promise(() => {});
    case "dry":
      clearInterval(alive);
      return new Promise(() => {});
    case "chatty":
      for (let i = 0; i < 20_000; i++) onEvent({ type: "step-ended", step: i });
      return { output: "/out", parts: [] };
  }
}

export const start = () => startWith({ loadRun: async () => run });
`;

/** Loaded when they are called, which nobody does here: a bundle in one file would hold them all. */
const CLUSTER_COMMANDS = [
  ...["master", "worker", "cluster/cluster-run"],
  ...["jobs", "status", "logs", "cancel", "cluster"],
].map((name) => `./${name}-command.ts`);

let folder: string;
let sheaf: string;

/** The package as it is installed, with the fake engine in place of the real one. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "sheaf-test-"));
  sheaf = join(folder, "bin/sheaf");
  cpSync(join(ROOT, "bin"), join(folder, "bin"), { recursive: true });
  writeFileSync(join(folder, "package.json"), '{"type": "module", "version": "1.2.3"}');
  await build({
    stdin: { contents: FAKE_ENGINE, resolveDir: ROOT, loader: "ts" },
    outfile: join(folder, "dist/cli/main.js"),
    bundle: true,
    platform: "node",
    format: "esm",
    external: ["../local/run.ts", ...CLUSTER_COMMANDS],
    // Commander is CommonJS and requires what Node has built in.
    banner: {
      js: 'import { createRequire } from "node:module"; const require = createRequire("/");',
    },
    logLevel: "warning",
  });
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Child {
  readonly process: ChildProcess;
  /** Resolves when stderr has come to hold `text`. */
  says(text: string): Promise<void>;
  /** Resolves when it has ended, with everything it wrote to stderr. */
  readonly ended: Promise<{ exitCode: number | null; stderr: string }>;
}

function spawnNode(...words: string[]): Child {
  const child = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "pipe"] });
  let stderr = "";
  const waiting = new Set<() => void>();
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    for (const look of waiting) look();
  });
  const ended = new Promise<{ exitCode: number | null; stderr: string }>((resolve) => {
    child.on("close", (exitCode) => resolve({ exitCode, stderr }));
  });
  const says = (text: string): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (stderr.includes(text)) resolve();
      };
      waiting.add(look);
      look();
    });
  return { process: child, says, ended };
}

const runJob = (job: string, ...flags: string[]): Child =>
  spawnNode(sheaf, "run", job, "in.txt", "-o", "out", ...flags);

describe("bin/sheaf", () => {
  test("starts the command line of its own package", async () => {
    const child = spawnNode(sheaf, "--version");
    let stdout = "";
    child.process.stdout?.on("data", (text) => {
      stdout += text;
    });
    expect(await child.ended).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toBe("1.2.3\n");
  });

  test("without a build, says how to make one", async () => {
    const unbuilt = join(folder, "unbuilt");
    mkdirSync(unbuilt);
    cpSync(join(ROOT, "bin"), join(unbuilt, "bin"), { recursive: true });
    const { exitCode, stderr } = await spawnNode(join(unbuilt, "bin/sheaf"), "--version").ended;
    expect({ exitCode, stderr }).toEqual({
      exitCode: 1,
      stderr: "error: Sheaf is not built yet. Run: npm run build\n",
    });
  });

  test.each(["18.20.8", "20.18.3", "21.7.3", "22.11.0"])(
    "on Node %s, says which it needs",
    async (version) => {
      const pretend = join(folder, `pretend-${version}.cjs`);
      const value = `{ ...process.versions, node: "${version}" }`;
      writeFileSync(pretend, `Object.defineProperty(process, "versions", { value: ${value} });`);
      const { exitCode, stderr } = await spawnNode("--require", pretend, sheaf, "--version").ended;
      expect({ exitCode, stderr }).toEqual({
        exitCode: 1,
        stderr: `error: Sheaf needs Node 20.19 or later, or 22.12 or later; this is Node ${version}.\n`,
      });
    },
  );
});

describe("a real process", () => {
  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("at %s lets the run clean up, and ends with %d", async (signal, expected) => {
    const child = runJob("endless");
    await child.says("engine: started");
    child.process.kill(signal);
    const { exitCode, stderr } = await child.ended;
    expect(exitCode).toBe(expected);
    expect(stderr).toBe(
      "engine: started\nCancelling... press Ctrl-C again to force.\nengine: cleaned up\n" +
        "Cancelled. The output folder is as it was.\nengine: exit handler\n",
    );
  });

  test("at the second Ctrl-C ends at once, and exit handlers still run", async () => {
    const child = runJob("stuck");
    await child.says("engine: started");
    child.process.kill("SIGINT");
    await child.says("engine: stuck");
    child.process.kill("SIGINT");
    const { exitCode, stderr } = await child.ended;
    expect(exitCode).toBe(130);
    expect(stderr).toMatch(/engine: stuck\nengine: exit handler\n$/);
  });

  test("ends with the code of the signal when its last words cannot be written", async () => {
    const child = runJob("broken off");
    await child.says("engine: started");
    child.process.kill("SIGINT");
    expect((await child.ended).exitCode).toBe(130);
  });

  test("goes on when the reader of its events has left", async () => {
    const child = runJob("chatty", "--json");
    child.process.stdout?.destroy();
    expect(await child.ended).toEqual({ exitCode: 0, stderr: "engine: exit handler\n" });
  });

  test("ends of an error that nothing caught in Node's words", async () => {
    const { exitCode, stderr } = await runJob("broken").ended;
    expect(exitCode).toBe(1);
    expect(stderr).toContain("Error: of nobody");
    expect(stderr).not.toContain("process.exit");
  });

  test("does not end with 0 when nothing is left that could end the run", async () => {
    const { exitCode, stderr } = await runJob("dry").ended;
    expect(exitCode).toBe(1);
    expect(stderr).toContain("This is a bug in Sheaf.");
  });
});
