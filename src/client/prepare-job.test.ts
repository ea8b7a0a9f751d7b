import { join } from "node:path";
import { expect, test } from "vitest";
import { ENVIRONMENT_BYTES_MAX, INPUTS_BYTES_MAX, INPUTS_MAX } from "../rpc/limits.ts";
import { prepareJob } from "./prepare-job.ts";

const cwd = join(import.meta.dirname, "../../examples");
const prepare = (inputs: readonly string[], environment: Readonly<Record<string, string>> = {}) =>
  prepareJob("word-count.ts", { cwd, inputs, output: "out", environment });

test("more inputs than a job may name are refused before anything travels", async () => {
  const inputs = Array.from({ length: 2 * INPUTS_MAX }, (_, i) => `${i}.txt`);
  const error = {
    code: "USAGE",
    message:
      "Cannot send the job's inputs to a cluster: there are 200,000 of them, and 100,000 are the " +
      "most. Name a folder or a glob instead.",
  };
  await expect(prepare(inputs)).rejects.toMatchObject(error);
});

test("so are inputs whose names are too long together, and variables", async () => {
  const long = "x".repeat(4000);
  const tooMany = Math.ceil(INPUTS_BYTES_MAX / long.length);
  const inputs = Array.from({ length: tooMany }, (_, i) => `${long}${i}`);
  await expect(prepare(inputs)).rejects.toThrow(/^Cannot send the job's inputs to a cluster: /);
  const values = Array.from({ length: 20 }, (_, i) => [`V${i}`, "é".repeat(60_000)] as const);
  expect(20 * 120_000).toBeGreaterThan(ENVIRONMENT_BYTES_MAX);
  const refused = prepare(["in"], Object.fromEntries(values));
  await expect(refused).rejects.toThrow(/^Cannot send the job's environment to a cluster: /);
});
