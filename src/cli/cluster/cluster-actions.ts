/**
 * What the commands about a cluster do: each loads its own module, and with it the client, when it is
 * called and not before.
 */

import type { Dependencies } from "../dependencies.ts";
import type { ClusterActions } from "./cluster-program.ts";

/** The actions; `end` takes the exit code of the one that was called. */
export function clusterActions(
  dependencies: Dependencies,
  end: (exitCode: number) => void,
): ClusterActions {
  return {
    async jobs(flags) {
      const { jobsCommand } = await import("./jobs-command.ts");
      end(await jobsCommand(flags, dependencies));
    },
    async status(job, flags) {
      const { statusCommand } = await import("./status-command.ts");
      end(await statusCommand(job, flags, dependencies));
    },
    async logs(job, flags) {
      const { logsCommand } = await import("./logs-command.ts");
      end(await logsCommand(job, flags, dependencies));
    },
    async cancel(job, flags) {
      const { cancelCommand } = await import("./cancel-command.ts");
      end(await cancelCommand(job, flags, dependencies));
    },
    async clusterStatus(flags) {
      const { clusterStatusCommand } = await import("./cluster-command.ts");
      end(await clusterStatusCommand(flags, dependencies));
    },
    async clusterReplace(replacement, flags) {
      const { clusterReplaceCommand } = await import("./cluster-command.ts");
      end(await clusterReplaceCommand(replacement, flags, dependencies));
    },
  };
}
