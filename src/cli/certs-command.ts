/**
 * `sheaf certs`: makes what a cluster needs to be safe off loopback (an authority, a certificate for
 * each role, a token for clients), and says what goes where.
 */

import { resolve } from "node:path";
import { SheafError } from "../base/error.ts";
import { makeCertificateFolder } from "../rpc/certificates/certificate-folder.ts";
import { type HostName, parseHostName } from "../rpc/certificates/host-name.ts";
import type { Dependencies } from "./dependencies.ts";
import { spellOneLine } from "./display/cell-width.ts";
import { paint, themeFor } from "./display/theme.ts";
import { EXIT_DONE } from "./exit-code.ts";

/** The flags as commander hands them over. */
export interface CertsFlags {
  readonly hosts?: string;
  readonly days?: string;
  readonly ca?: string;
}

export const CERTS_DAYS_DEFAULT = 365;
export const CERTS_HOSTS_DEFAULT = "localhost,127.0.0.1,::1";

const CERTS_USAGE = "sheaf certs DIR [options]";
/** A certificate that outlives its authority would be worth nothing. */
const DAYS_MAX = 3650;
const HOSTS_MAX = 1000;

/** Runs the command and returns the exit code. Throws `USAGE`, `OUTPUT_EXISTS`, `OUTPUT_FAILED`. */
export async function certsCommand(
  folder: string | undefined,
  flags: CertsFlags,
  { cwd, stderr, env }: Pick<Dependencies, "cwd" | "stderr" | "env">,
): Promise<number> {
  if (folder === undefined || folder === "") {
    throw usage(`No folder was given. Usage: ${CERTS_USAGE}`);
  }
  const days = readDays(flags.days);
  makeCertificateFolder({
    folder: resolve(cwd, folder),
    hosts: readHosts(flags.hosts ?? CERTS_HOSTS_DEFAULT),
    days,
    authorityFolder: flags.ca === undefined ? undefined : resolve(cwd, flags.ca),
    nowMs: Date.now(),
  });
  const theme = themeFor(stderr, env);
  const strong = (text: string): string => paint(theme, "strong", text);
  const place = strong(spellOneLine(folder));
  stderr.write(
    `Made certificates in ${place}, valid for ${days} ${days === 1 ? "day" : "days"}.\n`,
  );
  stderr.write(`\n${flags.ca === undefined ? NEXT_NEW : NEXT_RENEWED}`);
  return EXIT_DONE;
}

const COPIES = `  to each master:  ca.pem, master.pem, master-key.pem, client-token
  to each worker:  ca.pem, worker.pem, worker-key.pem
  to each client:  ca.pem, and client-token or client.pem with client-key.pem
`;

const NEXT_NEW = `Next, copy them, and nothing else:
${COPIES}
Keep ca-key.pem off these machines: who has it can make certificates for any role. It is needed to
renew them: sheaf certs NEW_DIR --ca DIR
`;

const NEXT_RENEWED = `The authority and the client token are the same as before. Next, copy the others:
${COPIES}
A node reads its certificate when it starts, so start the nodes again, one after the other.
`;

function readDays(words: string | undefined): number {
  if (words === undefined) return CERTS_DAYS_DEFAULT;
  const days = /^\d+$/.test(words) ? Number(words) : Number.NaN;
  if (days >= 1 && days <= DAYS_MAX) return days;
  throw usage(`--days takes a whole number from 1 to ${DAYS_MAX}, not "${words}".`);
}

function readHosts(words: string): HostName[] {
  const hosts = words.split(",").map((word) => {
    const host = parseHostName(word.trim());
    if (host !== undefined) return host;
    throw usage(`--hosts takes host names and IP addresses with commas between, not "${words}".`);
  });
  if (hosts.length <= HOSTS_MAX) return hosts;
  throw usage(`--hosts takes at most ${HOSTS_MAX} hosts, not ${hosts.length}.`);
}

function usage(message: string): SheafError {
  return new SheafError("USAGE", message);
}
