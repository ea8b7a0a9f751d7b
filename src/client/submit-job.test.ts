import { randomBytes } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ScriptedCluster } from "../../test/support/scripted-cluster.ts";
import { SheafError } from "../base/error.ts";
import { packBundle } from "../bundle/packed-bundle.ts";
import { packParams } from "../job/packed-params.ts";
import { CHUNK_BYTES_MAX } from "../rpc/limits.ts";
import type { JobSpec } from "../rpc/wire/job.ts";
import type { Cluster } from "./cluster.ts";
import type { PreparedJob } from "./prepare-job.ts";
import { submitJob } from "./submit-job.ts";

let masters: ScriptedCluster;
let client: Cluster;
beforeEach(async () => {
  masters = await ScriptedCluster.start({ masters: 2 });
  client = masters.connect();
});
afterEach(async () => {
  client.close();
  await masters.close();
});

/** A job whose bundle takes several chunks. */
function prepared(): PreparedJob {
  const bundle = packBundle({
    code: randomBytes(CHUNK_BYTES_MAX).toString("hex"),
    map: "{}",
    hash: "",
    entry: "/home/me/job.ts",
    entryName: "job",
    cwd: "/home/me",
    nativeAddons: [],
    warnings: [],
  });
  const spec: JobSpec = {
    name: "job",
    bundle: bundle.hash,
    inputs: ["/data/a", "/data/b"],
    output: "/data/out",
    overwrite: true,
    params: packParams({ least: "3" }),
    environment: {},
    partitions: 4,
    splitBytes: undefined,
    memoryBytes: undefined,
    skipBadRecords: 0,
    taskTimeoutMs: undefined,
    attemptsMax: undefined,
    priority: -7,
    slowStart: 0.25,
  };
  return { bundle, spec, warnings: [] };
}

describe("submitJob", () => {
  test("sends the bundle, then the job, and gives its id", async () => {
    const job = prepared();
    const id = await submitJob(client, job);
    expect(masters.calls).toEqual(["hasBundle", "putBundle", "submitJob"]);
    expect(Buffer.compare(masters.bundles.get(job.bundle.hash)!, job.bundle.bytes)).toBe(0);
    expect(masters.job.id).toBe(id);
    expect({ ...masters.job.spec, params: undefined }).toEqual({ ...job.spec, params: undefined });
    expect(Buffer.from(masters.job.spec.params)).toEqual(Buffer.from(job.spec.params));
  });

  test("sends a bundle that the masters have no second time, and makes another job of it", async () => {
    const job = prepared();
    const [one, other] = [await submitJob(client, job), await submitJob(client, job)];
    expect(one).not.toBe(other);
    expect(masters.calls.filter((name) => name === "putBundle")).toHaveLength(1);
  });

  test("makes one job of it though the answer gets lost and another master leads then", async () => {
    // It is taken, and its connection cut before the answer has left.
    masters.onSubmit = () => {
      masters.lead(1);
      throw new SheafError("CLUSTER_UNREACHABLE", "The answer is lost.");
    };
    const id = await submitJob(client, prepared());
    expect(masters.job.id).toBe(id);
    expect(masters.calls.filter((name) => name === "submitJob").length).toBeGreaterThan(1);
  });

  test("sends the bundle to the next leader when the first is deposed while it comes", async () => {
    masters.onCall = (name) => {
      if (name === "putBundle") masters.lead(1);
    };
    const job = prepared();
    await submitJob(client, job);
    expect(masters.calls.filter((name) => name === "putBundle").length).toBeGreaterThan(1);
    expect(masters.bundles.has(job.bundle.hash)).toBe(true);
  });

  test("sends the bundle again to a leader that has lost it", async () => {
    let submissions = 0;
    masters.onCall = (name) => {
      if (name === "submitJob" && ++submissions === 1) masters.bundles.clear();
    };
    await submitJob(client, prepared());
    expect(masters.calls).toEqual([
      "hasBundle",
      "putBundle",
      "submitJob",
      "hasBundle",
      "putBundle",
      "submitJob",
    ]);
  });

  test("gives up on masters that have lost it each time", async () => {
    masters.onCall = (name) => {
      if (name === "submitJob") masters.bundles.clear();
    };
    await expect(submitJob(client, prepared())).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(masters.calls.filter((name) => name === "submitJob")).toHaveLength(3);
  });

  test("begins nothing once it is cancelled", async () => {
    const controller = new AbortController();
    masters.onCall = () => controller.abort();
    const failed = submitJob(client, prepared(), controller.signal);
    await expect(failed).rejects.toThrow(expect.objectContaining({ name: "AbortError" }));
    expect(masters.jobs.size).toBe(0);
  });
});
