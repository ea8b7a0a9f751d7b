/**
 * A call from one process to another, over the network and back. What the other side throws comes
 * back as it is; what gets no answer in time is `CLUSTER_UNREACHABLE`, and may have been done.
 */

import { SheafError } from "../../../src/base/error.ts";
import type { Host, Process } from "./host.ts";
import type { Network } from "./network.ts";

/** Who is called, and for how long. */
export interface Call<T> {
  readonly from: Process;
  readonly to: Host | undefined;
  readonly timeoutMs: number;
  /** At the other side. */
  readonly serve: (process: Process) => Promise<T>;
}

/** See the head of this file. */
export function call<T>(network: Network, { from, to, timeoutMs, serve }: Call<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const callOff = from.after(timeoutMs, () => reject(unreachable("no answer came")));
    if (to === undefined) return;
    if (to.process === undefined && network.isOpen(from.host, to)) {
      callOff();
      from.after(1, () => reject(unreachable("the connection was refused")));
      return;
    }
    const { world } = from;
    const back = (settle: () => void): void => {
      world.after(network.delayMs(to, from.host), () => {
        if (!network.isOpen(to, from.host)) return;
        from.run(() => {
          callOff();
          settle();
        });
      });
    };
    const late = network.mustRepeat() ? timeoutMs / 2 : 0;
    world.after(late + network.delayMs(from.host, to), () => {
      const { process } = to;
      if (process === undefined || !network.isOpen(from.host, to)) return;
      process.run(() => {
        serve(process).then(
          (value) => back(() => resolve(value)),
          (thrown: unknown) => {
            if (thrown instanceof SheafError) back(() => reject(thrown));
            else world.fail(thrown);
          },
        );
      });
    });
  });
}

/** Whether an error says that nobody knows whether the call was served. */
export function isUnanswered(thrown: unknown): boolean {
  return thrown instanceof SheafError && thrown.data.isUnanswered === true;
}

function unreachable(why: string): SheafError {
  const data = { isUnanswered: why === "no answer came" };
  return new SheafError("CLUSTER_UNREACHABLE", `Simulated: ${why}.`, { data });
}
