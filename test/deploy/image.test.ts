/**
 * The image as it is written: who runs in it, what may get into it. That it builds and works is tested
 * in test/docker, where there is an engine.
 */

import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

/** The instructions of the Dockerfile, each as a line, without comments. */
const instructions = read("deploy/Dockerfile")
  .replace(/^#.*\n/gm, "")
  .replace(/\\\n/g, " ")
  .split("\n")
  .map((line) => line.replace(/\s+/g, " ").trim())
  .filter((line) => line !== "");
const lastFrom = instructions.findLastIndex((line) => line.startsWith("FROM "));
const finalStage = instructions.slice(lastFrom);

describe("the image", () => {
  test("runs as a user by number, who is not root, so that Kubernetes can tell", () => {
    const users = finalStage.filter((line) => line.startsWith("USER "));
    expect(users).toEqual(["USER 10001:10001"]);
    expect(finalStage.indexOf(users[0]!)).toBeGreaterThan(
      finalStage.findLastIndex((line) => line.startsWith("RUN ")),
    );
  });

  test("is made from Node alone, and has what the build stage made and nothing else", () => {
    expect(instructions).toContain("ARG NODE_IMAGE=node:24-bookworm-slim");
    const copies = finalStage.filter((line) => /^(COPY|ADD) /.test(line));
    expect(copies).toEqual(["COPY --from=build /sheaf /opt/sheaf"]);
  });

  test("is built without what only BuildKit knows", () => {
    expect(instructions.filter((line) => /--mount|<</.test(line))).toEqual([]);
  });

  test("gets no secret: none is an argument, in the environment, or in the build's context", () => {
    const named = instructions.filter((line) => /^(ARG|ENV) .*(TOKEN|SECRET|KEY|PASS)/i.test(line));
    expect(named).toEqual([]);
    const [first, ...kept] = read(".dockerignore")
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"));
    // Everything is left out but what is named; certificates and .env files are not.
    expect(first).toBe("*");
    expect(kept.filter((line) => !line.startsWith("!"))).toEqual([]);
    expect(kept.filter((line) => /deploy|cert|env|git/.test(line))).toEqual(["!deploy/image"]);
  });

  test("has programs that can be started", () => {
    const programs = readdirSync(join(ROOT, "deploy/image"));
    expect(programs.sort()).toEqual(["sheaf-health.mjs", "sheaf-setup.sh"]);
    for (const name of programs) {
      expect(statSync(join(ROOT, "deploy/image", name)).mode & 0o111, name).toBe(0o111);
      expect(finalStage.join("\n")).toContain(`/opt/sheaf/deploy/${name} `);
    }
  });
});
