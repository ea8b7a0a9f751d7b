/**
 * `sheaf worker`: calls that are wrong, and what is said of them. What a worker does is tested in
 * test/cluster.
 */

import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { FakeProcess } from "../../test/support/fake-process.ts";
import { main } from "./main.ts";

const root = mkdtempSync(join(tmpdir(), "sheaf-worker-"));
afterAll(() => rmSync(root, { recursive: true }));

async function worker(...words: string[]) {
  const process = new FakeProcess();
  process.cwd = root;
  const exitCode = await main(["worker", ...words], process);
  expect(process.isQuiet).toBe(true);
  return { exitCode, stderr: process.errorText };
}

describe("sheaf worker refuses", () => {
  test.each([
    ["", "No masters were named. Usage: sheaf worker --masters HOST:PORT,..."],
    ["--masters nowhere", '--masters takes HOST:PORT, such as 127.0.0.1:7077, not "nowhere".'],
    ["--masters ,", "No masters were named. Usage: sheaf worker --masters HOST:PORT,..."],
    ["--masters 10.0.0.1:1", "Cannot call 10.0.0.1:1 without TLS"],
    ["--masters 127.0.0.1:1 --slots 0", "--slots takes a whole number from 1 to 1,024"],
    ["--masters 127.0.0.1:1 --memory 1MB", "--memory takes a size from 16 MB to 16 GB"],
    ["--masters 127.0.0.1:1 --name -x", '--name takes 1 to 128 letters, digits, "-", "_" and "."'],
    ["--masters 127.0.0.1:1 --listen here", "--listen takes HOST:PORT"],
    ["--masters 127.0.0.1:1 --listen 0.0.0.0:0", "Cannot listen on 0.0.0.0:0 without TLS"],
    ["--masters 127.0.0.1:1 --listen 192.0.2.1:0", "Cannot listen on 192.0.2.1:0 without TLS"],
    ["--masters 127.0.0.1:1 --certs none", "Cannot read"],
  ])("%s", async (words, message) => {
    const flags = words === "" ? [] : words.split(" ");
    const { exitCode, stderr } = await worker(...flags, "--work-dir", "work");
    expect(stderr).toContain(`error: ${message}`);
    expect(exitCode).toBe(2);
    // Nothing has been made, or it is gone.
    const made = readdirSync(root).flatMap((name) => readdirSync(join(root, name)));
    expect(made).toEqual([]);
  });

  test("every address, unless it is told which one others are to use", async () => {
    expect((await main(["certs", "certs"], inRoot())) === 0).toBe(true);
    const flags = ["--masters", "127.0.0.1:1", "--certs", "certs", "--listen", "0.0.0.0:0"];
    const { exitCode, stderr } = await worker(...flags);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("which one other workers are to use: --advertise HOST:PORT");
  });

  test("an address that another process has, and leaves no folder behind", async () => {
    const { createServer } = await import("node:net");
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as { port: number };
    const flags = ["--masters", "127.0.0.1:1", "--listen", `127.0.0.1:${port}`];
    const { exitCode, stderr } = await worker(...flags, "--work-dir", "work");
    server.close();
    expect(exitCode).toBe(2);
    expect(stderr).toContain("another process listens there");
    expect(readdirSync(join(root, "work"))).toEqual([]);
  });
});

function inRoot(): FakeProcess {
  const process = new FakeProcess();
  process.cwd = root;
  return process;
}
