/**
 * What a node shows of itself and whom it trusts: its certificate with its key, and the authority
 * that signed those of all others. Read once, and checked before anything listens.
 */

import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { createSecureContext, type SecureContext, type SecureContextOptions } from "node:tls";
import { messageOf, SheafError } from "../../base/error.ts";

/** TLS 1.3 alone: every Node has it, and all nodes are ours. */
const TLS_VERSION = "TLSv1.3";

/** Paths of PEM files. */
export interface TlsFiles {
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
}

/** A client may know the authority and have no certificate of its own. */
export type AuthorityFile = Pick<TlsFiles, "authority">;

/** See the head of this file. */
export class TlsIdentity {
  /** For servers, which make a context of their own. */
  readonly options: SecureContextOptions;
  /** For clients. */
  readonly context: SecureContext;

  /** Throws what OpenSSL says, if key and certificate do not fit. */
  constructor(options: Pick<SecureContextOptions, "ca" | "cert" | "key">) {
    this.options = { ...options, minVersion: TLS_VERSION };
    this.context = createSecureContext(this.options);
  }
}

/** Reads and checks the files. Throws `USAGE`, naming the file that is wrong and what is wrong. */
export function readTlsIdentity(files: TlsFiles | AuthorityFile): TlsIdentity {
  const ca = read(files.authority);
  checkCertificate(files.authority, ca);
  if (!("key" in files)) {
    return new TlsIdentity({ ca });
  }
  const cert = read(files.certificate);
  const key = read(files.key);
  checkCertificate(files.certificate, cert);
  try {
    return new TlsIdentity({ ca, cert, key });
  } catch (error) {
    throw usage(`Cannot use ${files.certificate} with ${files.key}: ${messageOf(error)}.`, error);
  }
}

function checkCertificate(path: string, pem: Buffer): void {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(pem);
  } catch (error) {
    throw usage(`There is no certificate in ${path}: ${messageOf(error)}.`, error);
  }
  if (new Date(certificate.validTo).getTime() < Date.now()) {
    throw usage(
      `The certificate in ${path} has expired (${certificate.validTo}). ` +
        "Make new ones with the same authority: sheaf certs NEW_DIR --ca OLD_DIR",
    );
  }
}

function read(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw usage(`Cannot read ${path}: ${messageOf(error)}.`, error);
  }
}

function usage(message: string, cause?: unknown): SheafError {
  return new SheafError("USAGE", message, { cause });
}
