/**
 * `sheaf master`: runs a master until it is told to end, and says on standard error what happens.
 */

import { Master } from "../master/master.ts";
import type { Dependencies } from "./dependencies.ts";
import { themeFor } from "./display/theme.ts";
import { EXIT_BY_SIGNAL, EXIT_DONE } from "./exit-code.ts";
import { Interrupts } from "./interrupts.ts";
import { type MasterFlags, readMasterFlags } from "./master-flags.ts";
import { NodeLog } from "./node-log.ts";

/** Runs the command and returns the exit code. Throws `USAGE`, and bugs. */
export async function masterCommand(
  flags: MasterFlags,
  dependencies: Dependencies,
): Promise<number> {
  const { cwd, env, stderr } = dependencies;
  const options = readMasterFlags(flags, cwd);
  const log = new NodeLog(stderr, { theme: themeFor(stderr, env), json: flags.json === true });
  let fail: (thrown: unknown) => void = () => {};
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  let end: () => void = () => {};
  const told = new Promise<void>((resolve) => {
    end = resolve;
  });
  const interrupts = new Interrupts(dependencies, { cancel: () => end(), force: () => {} });
  try {
    const master = await Master.start({
      ...options,
      onEvent: (what, words) => log.info(what, words),
      onBug: fail,
    });
    log.info("listening", `The master listens on ${master.addressText}.`, {
      address: master.addressText,
    });
    try {
      await Promise.race([told, failed]);
    } finally {
      await master.close();
    }
    log.info("ended", "The master has ended.");
    return interrupts.first === "SIGINT" ? EXIT_BY_SIGNAL.SIGINT : EXIT_DONE;
  } finally {
    interrupts.close();
  }
}
