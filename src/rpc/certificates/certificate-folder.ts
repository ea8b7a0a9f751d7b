/**
 * The folder that `sheaf certs` makes: an authority, a certificate for each role, and the client
 * token. What always holds: nothing is overwritten, and nobody but the owner can read a secret, not
 * even for a moment.
 */

import { X509Certificate } from "node:crypto";
import {
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { messageOf, SheafError } from "../../base/error.ts";
import { ROLES, type Role } from "../security/role.ts";
import { readTlsIdentity, type TlsFiles, type TlsIdentity } from "../security/tls-identity.ts";
import { randomTokenText, readToken, type Token } from "../security/token.ts";
import {
  type Authority,
  authorityOf,
  makeAuthority,
  makeCertificate,
  type Validity,
} from "./certificate.ts";
import type { HostName } from "./host-name.ts";

export const AUTHORITY_FILE = "ca.pem";
export const AUTHORITY_KEY_FILE = "ca-key.pem";
export const TOKEN_FILE = "client-token";

/** What to make. */
export interface CertificateFolderOptions {
  readonly folder: string;
  /** Hosts that the certificates of masters and workers name, for tools that check them. */
  readonly hosts: readonly HostName[];
  /** How long certificates are valid; the authority is for ten years at least. */
  readonly days: number;
  /** A folder made before, whose authority signs and whose token is kept. */
  readonly authorityFolder: string | undefined;
  readonly nowMs: number;
}

const DAY_MS = 24 * 3600 * 1000;
/** A clock of the cluster may be behind ours. */
const SKEW_MS = 3600 * 1000;
const AUTHORITY_DAYS_MIN = 3650;
const SECRET_MODE = 0o600;
const PUBLIC_MODE = 0o644;
const FOLDER_MODE = 0o700;

interface FileText {
  readonly name: string;
  readonly text: string;
  readonly mode: number;
}

/** The files of a role, and of the authority, in a folder. */
export function tlsFiles(folder: string, role: Role): TlsFiles {
  return {
    authority: join(folder, AUTHORITY_FILE),
    certificate: join(folder, `${role}.pem`),
    key: join(folder, `${role}-key.pem`),
  };
}

/**
 * What a node of some role takes from such a folder. A client's own certificate may be missing where
 * the token is there, or is given by other ways, and then counts for more; a worker needs no token.
 */
export function readCertificateFolder(
  folder: string,
  role: Role,
  given?: Token,
): { readonly tls: TlsIdentity; readonly token: Token | undefined } {
  const files = tlsFiles(folder, role);
  const tokenPath = join(folder, TOKEN_FILE);
  const token = given ?? (existsSync(tokenPath) ? readToken(tokenPath, {}) : undefined);
  const hasOwn = role !== "client" || token === undefined || existsSync(files.certificate);
  return { tls: readTlsIdentity(hasOwn ? files : { authority: files.authority }), token };
}

/**
 * Makes the files and gives their names.
 *
 * @throws SheafError `OUTPUT_EXISTS` if one of them is there already, `USAGE` if the authority of
 *   another folder cannot be used, `OUTPUT_FAILED`.
 */
export function makeCertificateFolder(options: CertificateFolderOptions): string[] {
  const { folder, authorityFolder } = options;
  const files =
    authorityFolder === undefined ? newFiles(options) : renewedFiles(options, authorityFolder);
  for (const { name } of files) {
    const path = join(folder, name);
    // Whatever is there by that name, be it a broken link.
    if (lstatSync(path, { throwIfNoEntry: false }) === undefined) continue;
    throw new SheafError(
      "OUTPUT_EXISTS",
      `Cannot make certificates in ${folder}: ${path} is there already, and whoever trusts it would ` +
        "be locked out. Name another folder.",
    );
  }
  try {
    mkdirSync(folder, { recursive: true, mode: FOLDER_MODE });
    for (const file of files) write(folder, file);
  } catch (error) {
    throw new SheafError("OUTPUT_FAILED", `Cannot write to ${folder}: ${messageOf(error)}.`, {
      cause: error,
    });
  }
  return files.map(({ name }) => name);
}

function newFiles(options: CertificateFolderOptions): FileText[] {
  const { days, nowMs } = options;
  const made = makeAuthority(validity(nowMs, Math.max(AUTHORITY_DAYS_MIN, days)));
  const name = new X509Certificate(made.certificate).subject.replace(/^CN=/, "");
  return [
    { name: AUTHORITY_FILE, text: made.certificate, mode: PUBLIC_MODE },
    { name: AUTHORITY_KEY_FILE, text: made.key, mode: SECRET_MODE },
    ...roleFiles(authorityOf(name, made.key), options),
    { name: TOKEN_FILE, text: `${randomTokenText()}\n`, mode: SECRET_MODE },
  ];
}

/** The same authority and token, and new certificates. */
function renewedFiles(options: CertificateFolderOptions, from: string): FileText[] {
  const certificate = read(from, AUTHORITY_FILE);
  const keyText = read(from, AUTHORITY_KEY_FILE);
  const authority = usableAuthority(from, certificate, keyText, options);
  return [
    { name: AUTHORITY_FILE, text: certificate, mode: PUBLIC_MODE },
    ...roleFiles(authority, options),
    { name: TOKEN_FILE, text: read(from, TOKEN_FILE), mode: SECRET_MODE },
  ];
}

function usableAuthority(
  folder: string,
  certificatePem: string,
  keyPem: string,
  { days, nowMs }: CertificateFolderOptions,
): Authority {
  const unusable = (why: string, cause?: unknown) =>
    new SheafError("USAGE", `Cannot use the authority in ${folder}: ${why}.`, { cause });
  let authority: Authority;
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(certificatePem);
    authority = authorityOf(certificate.subject.replace(/^CN=/, ""), keyPem);
  } catch (error) {
    throw unusable(messageOf(error), error);
  }
  if (!certificate.checkPrivateKey(authority.key)) {
    throw unusable(`${AUTHORITY_KEY_FILE} is not the key of ${AUTHORITY_FILE}`);
  }
  if (new Date(certificate.validTo).getTime() < nowMs + days * DAY_MS) {
    throw unusable(`it is valid until ${certificate.validTo} only; give fewer --days`);
  }
  return authority;
}

function roleFiles(authority: Authority, options: CertificateFolderOptions): FileText[] {
  const { hosts, days, nowMs } = options;
  return ROLES.flatMap((role) => {
    const named = role === "client" ? [] : hosts;
    const made = makeCertificate(authority, role, named, validity(nowMs, days));
    return [
      { name: `${role}.pem`, text: made.certificate, mode: PUBLIC_MODE },
      { name: `${role}-key.pem`, text: made.key, mode: SECRET_MODE },
    ];
  });
}

function validity(nowMs: number, days: number): Validity {
  return { from: new Date(nowMs - SKEW_MS), to: new Date(nowMs + days * DAY_MS) };
}

function read(folder: string, name: string): string {
  try {
    return readFileSync(join(folder, name), "utf8");
  } catch (error) {
    throw new SheafError(
      "USAGE",
      `Cannot use the authority in ${folder}: ${messageOf(error)}. It takes a folder as "sheaf certs" ` +
        `makes it, with ${AUTHORITY_KEY_FILE} in it.`,
      { cause: error },
    );
  }
}

/** Made with its mode, never changed to it: in between, others could open it. */
function write(folder: string, { name, text, mode }: FileText): void {
  const file = openSync(join(folder, name), "wx", mode);
  try {
    writeSync(file, text);
  } finally {
    closeSync(file);
  }
}
