/**
 * The job's own code in this thread, in a way that Ctrl-C can end, also while it loops for ever. The
 * handlers of a signal are JavaScript and have their turn when this thread returns to its event loop;
 * but Node can watch for SIGINT from another thread while a script runs, and break the script off.
 * What runs after an `await` is no part of the script, so this does nothing for async functions.
 */

import { Script } from "node:vm";
import { systemCodeOf } from "../base/error.ts";
import { cancelled } from "./cancellation.ts";

/** Where the script finds what it is to call: it sees nothing but the global object. */
const CALL = Symbol.for("sheaf: the call that SIGINT may break off");
const script = new Script(`globalThis[Symbol.for(${JSON.stringify(CALL.description)})]()`);

/**
 * Makes a call. At SIGINT it breaks off, passes the signal on to those who wait for it, and throws
 * `CANCELLED`. It starts a thread, which takes a tenth of a millisecond.
 */
export function interruptible<T>(call: () => T): T {
  const global = globalThis as { [CALL]?: (() => unknown) | undefined };
  global[CALL] = call;
  try {
    return script.runInThisContext({ breakOnSigint: true, displayErrors: false }) as T;
  } catch (error) {
    if (systemCodeOf(error) !== "ERR_SCRIPT_EXECUTION_INTERRUPTED") throw error;
    passOn();
    throw cancelled();
  } finally {
    // What it holds may be all the records of a step.
    global[CALL] = undefined;
  }
}

/** The signal as it would have come: to its handlers, or, where there are none, to end the process. */
function passOn(): void {
  if (process.listenerCount("SIGINT") === 0) process.kill(process.pid, "SIGINT");
  else process.emit("SIGINT", "SIGINT");
}
