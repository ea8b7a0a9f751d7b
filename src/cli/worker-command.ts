/**
 * `sheaf worker`: runs a worker until it is told to end, and says on standard error what happens.
 */

import { Worker } from "../worker/worker.ts";
import { compileInPlace } from "./compile-in-place.ts";
import type { Dependencies } from "./dependencies.ts";
import { themeFor } from "./display/theme.ts";
import { EXIT_BY_SIGNAL, EXIT_DONE, EXIT_FAILED } from "./exit-code.ts";
import { Interrupts } from "./interrupts.ts";
import { NodeLog } from "./node-log.ts";
import { expectedErrorText, isExpected } from "./report-error.ts";
import { collectAllAtOnce } from "./whole-collections.ts";
import { readWorkerFlags, type WorkerFlags } from "./worker-flags.ts";

/** Runs the command and returns the exit code. Throws `USAGE`, and bugs. */
export async function workerCommand(
  flags: WorkerFlags,
  dependencies: Dependencies,
): Promise<number> {
  const { cwd, env, stderr } = dependencies;
  const options = readWorkerFlags(flags, cwd);
  const theme = themeFor(stderr, env);
  const log = new NodeLog(stderr, { theme, json: flags.json === true });
  const controller = new AbortController();
  const interrupts = new Interrupts(dependencies, {
    cancel: () => controller.abort(),
    force: () => {},
  });
  collectAllAtOnce();
  compileInPlace();
  try {
    const worker = await Worker.start({ ...options, environment: env, log });
    await worker.run(controller.signal);
    log.info("ended", "The worker has ended.");
    // A service manager asks with SIGTERM, and to do as it asks is no failure.
    return interrupts.first === "SIGINT" ? EXIT_BY_SIGNAL.SIGINT : EXIT_DONE;
  } catch (thrown) {
    if (!isExpected(thrown) || thrown.code === "USAGE") throw thrown;
    if (flags.json === true) log.warn("ended", thrown.message, { code: thrown.code });
    else stderr.write(expectedErrorText(thrown.message, theme));
    return EXIT_FAILED;
  } finally {
    interrupts.close();
  }
}
