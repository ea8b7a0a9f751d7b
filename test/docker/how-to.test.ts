/**
 * The page on containers tells the truth: its commands run, from its first line to its last, and print
 * what is printed below them. Skipped where no Docker engine answers.
 */

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { allPages, ROOT } from "../docs/support/pages.ts";
import { findEngine } from "./support/engine.ts";

const engine = findEngine();
const { blocks } = allPages().find(({ path }) => path === "docs/how-to/docker.md")!;

describe.runIf(engine.runs)("the page on containers", () => {
  let home = "";
  // Not the reader's own cluster, should there be one.
  const project = `sheaf-how-to-${process.pid}`;

  const bash = (script: string) => {
    const compose = engine.runs ? engine.compose.join(" ") : "";
    return spawnSync(
      "bash",
      ["-euo", "pipefail", "-c", script.replaceAll("docker compose", compose)],
      {
        cwd: ROOT,
        encoding: "utf8",
        env: { ...process.env, HOME: home, COMPOSE_PROJECT_NAME: project },
      },
    );
  };

  beforeAll(() => {
    home = mkdtempSync(join(tmpdir(), "sheaf-docker-page-"));
    // The reader has no image yet; an older one may be here.
    const { status, stderr } = bash("docker compose -f deploy/compose.yaml build setup");
    expect(status, stderr).toBe(0);
  });
  afterAll(() => {
    bash("docker compose -f deploy/compose.yaml down --volumes --remove-orphans --timeout 1");
    rmSync(home, { recursive: true, force: true });
  });

  test("prints what it says", () => {
    // What is exported lasts from block to block.
    let exported = "";
    let printed = "";
    for (const { language, text, line, followsBlock } of blocks) {
      if (language === "sh") {
        const { status, stdout, stderr } = bash(`${exported}\n${text}`);
        expect(status, `docs/how-to/docker.md:${line}\n${stdout}${stderr}`).toBe(0);
        exported += `\n${text
          .split("\n")
          .filter((it) => it.startsWith("export "))
          .join("\n")}`;
        printed = stdout;
      }
      if (language === "text" && followsBlock) {
        expect(printed.trimEnd(), `docs/how-to/docker.md:${line}`).toBe(text);
      }
    }
  });
});
