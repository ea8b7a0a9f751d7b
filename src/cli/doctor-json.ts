/**
 * What `sheaf doctor --json` prints: one object, with `null` for what is not there.
 */

import type { Inspection } from "../storage/opening/inspect.ts";
import { isHealthy } from "./doctor-lines.ts";

export function doctorJson(folder: string, inspection: Inspection): object {
  const { verdict, contents } = inspection;
  const isIntact = verdict.kind === "intact";
  return {
    folder,
    verdict: verdict.kind,
    healthy: isHealthy(inspection),
    recovering: isIntact && verdict.isRecovering,
    faults: verdict.kind === "damaged" ? verdict.faults : [],
    covered: isIntact ? verdict.covered : [],
    tornTail: (isIntact && verdict.tornTail) || null,
    cluster: contents?.identity.cluster ?? null,
    member: contents?.identity.member ?? null,
    term: contents?.vote?.term ?? null,
    votedFor: contents?.vote?.votedFor ?? null,
    commitIndex: contents?.commitIndex ?? null,
    log: contents?.log ?? null,
    snapshot: contents?.snapshot ?? null,
    incoming: contents?.incoming ?? null,
  };
}
