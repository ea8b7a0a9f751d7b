/**
 * The flags of `sheaf worker`, from words to what a worker is told.
 */

import { availableParallelism, tmpdir } from "node:os";
import { resolve } from "node:path";
import { workerName } from "../base/ids.ts";
import * as limits from "../base/limits.ts";
import { readCertificateFolder } from "../rpc/certificates/certificate-folder.ts";
import { ID_CHARS_MAX } from "../rpc/limits.ts";
import { type Address, checkListen, parseAddress } from "../rpc/security/address.ts";
import { isId } from "../rpc/wire/checks.ts";
import type { WorkerOptions } from "../worker/worker.ts";
import { readCount, readDuration, readSize, usage } from "./flag-values.ts";
import { readMasterList } from "./masters-flag.ts";

/** The flags as commander hands them over. */
export interface WorkerFlags {
  readonly masters?: string;
  readonly workDir?: string;
  readonly slots?: string;
  readonly memory?: string;
  readonly listen?: string;
  readonly advertise?: string;
  readonly name?: string;
  readonly fetchTimeout?: string;
  readonly host?: string;
  readonly rack?: string;
  readonly certs?: string;
  readonly json?: boolean;
}

export const WORKER_USAGE = "sheaf worker --masters HOST:PORT,... [options]";

/** The system chooses the port. */
const LISTEN_DEFAULT = "127.0.0.1:0";
const FETCH_MS_MIN = 100;
const FETCH_MS_MAX = 3_600_000;
const EVERY_ADDRESS: ReadonlySet<string> = new Set(["0.0.0.0", "::"]);

/** Checks a call of `sheaf worker`. Throws `USAGE`. */
export function readWorkerFlags(
  flags: WorkerFlags,
  cwd: string,
): Omit<WorkerOptions, "log" | "environment"> {
  const listen = parseAddress("--listen", flags.listen ?? LISTEN_DEFAULT);
  const advertise =
    flags.advertise === undefined ? undefined : parseAddress("--advertise", flags.advertise);
  const tls =
    flags.certs === undefined
      ? undefined
      : readCertificateFolder(resolve(cwd, flags.certs), "worker").tls;
  // Before anything is made: a worker has no clients.
  checkListen(listen, { hasTls: tls !== undefined, hasToken: undefined });
  if (advertise === undefined && EVERY_ADDRESS.has(listen.host)) {
    throw usage(
      `--listen ${flags.listen} is every address of this machine; say which one other workers are to ` +
        "use: --advertise HOST:PORT (port 0 stands for the one that is listened on).",
    );
  }
  return {
    masters: readMasters(flags.masters),
    workDirectory: flags.workDir === undefined ? tmpdir() : resolve(cwd, flags.workDir),
    slots: readCount("--slots", flags.slots, 1, limits.SLOTS_MAX) ?? availableParallelism(),
    memoryBytes:
      readSize(
        "--memory",
        flags.memory,
        limits.SLOT_MEMORY_BYTES_MIN,
        limits.SLOT_MEMORY_BYTES_MAX,
      ) ?? limits.SLOT_MEMORY_BYTES_DEFAULT,
    fetchTimeoutMs:
      readDuration("--fetch-timeout", flags.fetchTimeout, FETCH_MS_MIN, FETCH_MS_MAX) ??
      limits.FETCH_TIMEOUT_MS_DEFAULT,
    listen,
    advertise,
    name: readName(flags.name),
    host: readLabel("--host", flags.host),
    rack: readLabel("--rack", flags.rack),
    tls,
  };
}

function readMasters(words: string | undefined): Address[] {
  const masters = readMasterList("--masters", words ?? "");
  if (masters.length > 0) return masters;
  throw usage(`No masters were named. Usage: ${WORKER_USAGE}`);
}

function readName(words: string | undefined): WorkerOptions["name"] {
  if (words === undefined) return undefined;
  if (isId(words)) return workerName(words);
  throw usage(
    `--name takes 1 to ${ID_CHARS_MAX} letters, digits, "-", "_" and ".", not "${words}".`,
  );
}

function readLabel(flag: string, words: string | undefined): string {
  if (words === undefined) return "";
  if (words !== "" && words.length <= limits.PLACE_NAME_CHARS_MAX) return words;
  throw usage(`${flag} takes a name of 1 to ${limits.PLACE_NAME_CHARS_MAX} characters.`);
}
