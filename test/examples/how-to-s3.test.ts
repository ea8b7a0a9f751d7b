/**
 * The page on S3 tells the truth: its commands print what is printed below them, with a bucket of the
 * name that it uses.
 */

import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { isOwnServer, TestBucket } from "../support/s3/bucket.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const PAGE = readFileSync(join(root, "docs/how-to/s3.md"), "utf8");

test.runIf(isOwnServer)("how-to: the commands on S3 print what the page says", async () => {
  const bucket = await TestBucket.open();
  const folder = mkdtempSync(join(tmpdir(), "sheaf-how-to-"));
  try {
    for (const each of ["bin", "examples"]) symlinkSync(join(root, each), join(folder, each));
    bucket.server.buckets.set("my-bucket", bucket.held);
    const notes = join(root, "examples/data/notes");
    for (const name of readdirSync(notes)) {
      await bucket.put(`notes/${name}`, readFileSync(join(notes, name)));
    }
    const [, commands = "", printed = ""] =
      /^```sh\n(.*?)^```\n\n```text\n(.*?)^```/ms.exec(PAGE) ?? [];
    expect(commands).toContain("./bin/sheaf run");
    const ran = await promisify(execFile)("sh", ["-euc", commands], {
      cwd: folder,
      env: bucket.childEnv(),
    });
    expect(ran.stdout).toBe(printed);
    const shown = (await bucket.keys("counts/")).map((key) => key.replace(/[0-9a-f]{16}/, "RUN"));
    expect(shown).toEqual(["counts/_SUCCESS", "counts/part-00000-RUN"]);
  } finally {
    rmSync(folder, { recursive: true });
    await bucket.close();
  }
});
