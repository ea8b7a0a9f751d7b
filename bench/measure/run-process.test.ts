import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CommandError, runProcess } from "./run-process.ts";

describe("runProcess", () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), "sheaf-bench-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const run = (argv: [string, ...string[]], timeoutMs = 30_000) => {
    const stdoutFile = path.join(folder, "stdout");
    return runProcess({ argv, stdoutFile }, { stderrFile: path.join(folder, "stderr"), timeoutMs });
  };

  test("gives standard output to the file", async () => {
    await run(["/bin/sh", "-c", "echo hello"]);
    expect(readFileSync(path.join(folder, "stdout"), "utf8")).toBe("hello\n");
  });

  test.runIf(process.platform === "linux")(
    "sees the memory and the CPU time of a child",
    async () => {
      // The shell itself uses nothing; the program that it starts touches 200 MB and spins 0.3 s.
      const spin =
        "const b = Buffer.alloc(2e8, 1); const t = Date.now(); while (Date.now() - t < 300);";
      const { wallS, cpuS, peakBytes } = await run([
        "/bin/sh",
        "-c",
        `"${process.execPath}" -e "${spin}"; true`,
      ]);
      expect(peakBytes).toBeGreaterThan(2e8);
      expect(cpuS).toBeGreaterThan(0.15);
      expect(wallS).toBeGreaterThan(0.3);
    },
  );

  test("a command that fails brings the end of its standard error", async () => {
    const error = await run(["/bin/sh", "-c", "echo no such luck >&2; exit 3"]).catch((one) => one);
    expect(error).toBeInstanceOf(CommandError);
    expect(error.ending).toBe("ended with code 3");
    expect(error.message).toContain("no such luck");
  });

  test("a command that hangs is ended with all it has started", async () => {
    const error = await run(["/bin/sh", "-c", "sleep 60 & sleep 60"], 100).catch((one) => one);
    expect(error.ending).toBe("took longer than 0.1 s");
  });

  test("a program that does not exist is a failure, not a crash", async () => {
    const error = await run(["/no/such/program"]).catch((one) => one);
    expect(error.ending).toBe("did not start");
  });
});
