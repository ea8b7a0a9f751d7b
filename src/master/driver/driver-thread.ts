/**
 * The thread of a job's driver: functions of the job run here, and never where workers are pinged.
 */

import { parentPort, workerData } from "node:worker_threads";
import { assert } from "../../base/assert.ts";
import { driveJob } from "./drive-job.ts";
import { DriverExecutor } from "./driver-executor.ts";
import type { DriverData, FromDriver, ToDriver } from "./driver-message.ts";

assert(parentPort !== null, "driver-thread.ts runs as a worker thread");
const port = parentPort;
const data = workerData as DriverData;
const stop = new AbortController();
const tell = (message: FromDriver): void => port.postMessage(message);
const executor = new DriverExecutor(tell, stop.signal);

// Deep dependencies would hide the user's frame behind ten of their own.
Error.stackTraceLimit = 30;
if (data.isCancelled) stop.abort();
port.on("message", (message: ToDriver) => {
  if (message.type === "stop") stop.abort();
  else executor.take(message);
});
await driveJob({ data, executor, tell, signal: stop.signal });
// What the job has left running must not keep its driver.
process.exit();
