/**
 * The flags that every command about a cluster takes: who the masters are, who asks, and how long to
 * wait for a leader.
 */

import { resolve } from "node:path";
import { type JobId, jobId } from "../../base/ids.ts";
import { Cluster } from "../../client/cluster.ts";
import { PATIENCE } from "../../client/patience.ts";
import { readCertificateFolder } from "../../rpc/certificates/certificate-folder.ts";
import { readToken } from "../../rpc/security/token.ts";
import { isId } from "../../rpc/wire/checks.ts";
import type { Dependencies } from "../dependencies.ts";
import { readDuration, usage } from "../flag-values.ts";
import { readMasterList } from "../masters-flag.ts";

/** The flags as commander hands them over. */
export interface ClusterFlags {
  readonly masters?: string;
  readonly certs?: string;
  readonly tokenFile?: string;
  readonly wait?: string;
  readonly json?: boolean;
}

/** Names the environment variable that stands for `--masters`. */
export const MASTERS_VARIABLE = "SHEAF_MASTERS";
/** Names the one that stands for `--certs`. */
export const CERTS_VARIABLE = "SHEAF_CERTS";

const WAIT_MS_MIN = 100;
const WAIT_MS_MAX = 24 * 3600 * 1000;

/** The cluster that the flags name; close it. Connects to nothing yet. Throws `USAGE`. */
export function openCluster(
  flags: ClusterFlags,
  { env, cwd }: Pick<Dependencies, "env" | "cwd">,
  patienceDefault = PATIENCE,
): Cluster {
  const waitMs = readDuration("--wait", flags.wait, WAIT_MS_MIN, WAIT_MS_MAX);
  const patience = waitMs === undefined ? patienceDefault : { answerMs: waitMs, returnMs: waitMs };
  return new Cluster({
    addresses: readMasters(flags, env),
    ...readIdentity(flags, env, cwd),
    patience,
  });
}

type Environment = Dependencies["env"];

function readMasters({ masters }: ClusterFlags, env: Environment) {
  const [what, words] =
    masters === undefined
      ? ([`$${MASTERS_VARIABLE}`, env[MASTERS_VARIABLE] ?? ""] as const)
      : (["--masters", masters] as const);
  const addresses = readMasterList(what, words);
  if (addresses.length > 0) return addresses;
  throw usage(
    `No masters were given: add --masters HOST:PORT,... or set ${MASTERS_VARIABLE} to the same.`,
  );
}

/** Who asks. */
function readIdentity(flags: ClusterFlags, env: Environment, cwd: string) {
  const { tokenFile, certs = env[CERTS_VARIABLE] } = flags;
  const token = readToken(tokenFile === undefined ? undefined : resolve(cwd, tokenFile), env);
  if (certs === undefined || certs === "") return { tls: undefined, token };
  return readCertificateFolder(resolve(cwd, certs), "client", token);
}

/** The id of a job as it was given. Throws `USAGE`; `synopsis` is the call as it should be. */
export function readJobId(words: string | undefined, synopsis: string): JobId {
  if (words === undefined || words === "") throw usage(`No job was given. Usage: ${synopsis}`);
  if (isId(words)) return jobId(words);
  throw usage(`"${words}" is no id of a job. To see the jobs: sheaf jobs`);
}
