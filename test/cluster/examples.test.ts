/**
 * All examples on a cluster of real processes: what they put out is what the sequential executor puts
 * out, byte for byte.
 */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sheaf } from "../integration/support/command.ts";
import {
  CLUSTER_EXAMPLES,
  exampleFlags,
  exampleInput,
  exampleJob,
  exampleParts,
} from "./support/cluster-examples.ts";
import { ClusterFolder } from "./support/cluster-folder.ts";
import { ClusterProcesses } from "./support/cluster-processes.ts";

describe("a cluster of three workers", () => {
  let folder: ClusterFolder;
  let cluster: ClusterProcesses;
  beforeAll(async () => {
    folder = new ClusterFolder();
    cluster = await ClusterProcesses.start(folder, 3);
  });
  afterAll(async () => {
    await cluster[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
  });

  test.each(CLUSTER_EXAMPLES)("puts out what one machine does: $name", async (example) => {
    const input = exampleInput(example, folder);
    const flags = ["--quiet", ...exampleFlags(example)];
    const { parts } = await cluster.output(cluster.beginOn(input, exampleJob(example), ...flags));
    expect(parts).toEqual(await exampleParts(example, folder));
  });
});

test("over TLS, the cluster takes who has its certificates, and nobody else", async () => {
  using folder = new ClusterFolder();
  await sheaf(folder.path, "certs", "certs");
  const certs = ["--certs", "certs"];
  await using cluster = await ClusterProcesses.start(folder, 2, { flags: certs });
  const { parts } = await cluster.output(cluster.begin("word-count.ts", "--quiet", ...certs));
  expect(parts).toEqual(await folder.expected());
  const stranger = await sheaf(folder.path, "jobs", "--masters", cluster.address, "--wait", "1s");
  expect(stranger.code).toBe(3);
  expect(stranger.stderr).toContain("perhaps it wants TLS");
});
