/**
 * A cluster for each test that has S3 and no disk in common: a bucket for the tests of a file, with the
 * input in it, and an output that no test before has had.
 */

import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import { TestBucket } from "../../support/s3/bucket.ts";
import { ClusterFolder } from "./cluster-folder.ts";
import { ClusterProcesses } from "./cluster-processes.ts";

/** See the head of this file. Its fields are there while a test runs. */
export class S3Cluster {
  bucket!: TestBucket;
  folder!: ClusterFolder;
  /** Once it was started. */
  processes!: ClusterProcesses;
  /** The output's name in the bucket. */
  out = "";
  #outputs = 0;

  /** Registers what goes on before and after the tests of the file that calls it. */
  static forTests(): S3Cluster {
    const it = new S3Cluster();
    beforeAll(async () => {
      it.bucket = await TestBucket.open();
      using files = new ClusterFolder();
      for (const name of ["in/a.txt", "in/b.txt"]) await it.bucket.put(name, files.read(name));
    });
    beforeEach(() => {
      it.folder = new ClusterFolder();
      it.out = `out-${it.#outputs++}`;
    });
    afterEach(async () => {
      await it.processes[Symbol.asyncDispose]();
      it.bucket.proxy.calm();
      it.folder[Symbol.dispose]();
    });
    afterAll(() => it.bucket.close());
    return it;
  }

  /** Starts two workers, and so many masters. */
  async start(masters = 1): Promise<void> {
    const environment = this.bucket.childEnv();
    this.processes = await ClusterProcesses.start(this.folder, 2, { masters, environment });
  }

  /** Runs a job with its input and output there. */
  run(job: string, ...flags: readonly string[]) {
    const { bucket, processes, out } = this;
    return processes.run(job, bucket.url("in/"), bucket.url(out), "--quiet", ...flags);
  }
}
