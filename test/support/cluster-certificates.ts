/**
 * Certificates of a cluster for tests, good ones and bad ones, in a folder that is removed.
 */

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  makeCertificateFolder,
  readCertificateFolder,
  tlsFiles,
} from "../../src/rpc/certificates/certificate-folder.ts";
import { parseHostName } from "../../src/rpc/certificates/host-name.ts";
import type { Role } from "../../src/rpc/security/role.ts";
import { readTlsIdentity, TlsIdentity } from "../../src/rpc/security/tls-identity.ts";
import type { Token } from "../../src/rpc/security/token.ts";

const DAY_MS = 24 * 3600 * 1000;

/** See the head of this file. */
export class ClusterCertificates {
  readonly #root = mkdtempSync(join(tmpdir(), "sheaf-cluster-"));

  constructor() {
    this.#make("good", { nowMs: Date.now() });
    this.#make("foreign", { nowMs: Date.now() });
    // Signed by the right authority, two days ago for one.
    this.#make("expired", { nowMs: Date.now() - 2 * DAY_MS, authority: "good" });
  }

  #make(name: string, { nowMs, authority }: { nowMs: number; authority?: string }): void {
    makeCertificateFolder({
      folder: this.folder(name),
      hosts: ["127.0.0.1", "localhost"].map((host) => parseHostName(host)!),
      days: 1,
      authorityFolder: authority === undefined ? undefined : this.folder(authority),
      nowMs,
    });
  }

  folder(name: string): string {
    return join(this.#root, name);
  }

  get token(): Token {
    return readCertificateFolder(this.folder("good"), "master").token!;
  }

  /** What a node of the cluster has. */
  good(role: Role): TlsIdentity {
    return readCertificateFolder(this.folder("good"), role).tls;
  }

  /** Trusts the cluster, and has a certificate that the cluster does not trust. */
  bad(name: "foreign" | "expired", role: Role): TlsIdentity {
    const { certificate, key } = tlsFiles(this.folder(name), role);
    const { authority } = tlsFiles(this.folder("good"), role);
    // Not by `readTlsIdentity`, which refuses an expired certificate before anybody else can.
    const [ca, cert, own] = [authority, certificate, key].map((path) => readFileSync(path));
    return new TlsIdentity({ ca: ca!, cert: cert!, key: own! });
  }

  /** Trusts the cluster, and has no certificate. */
  get anonymous(): TlsIdentity {
    return readTlsIdentity({ authority: tlsFiles(this.folder("good"), "client").authority });
  }

  /** Trusts another cluster. */
  get stranger(): TlsIdentity {
    return readTlsIdentity(tlsFiles(this.folder("foreign"), "client"));
  }

  remove(): void {
    rmSync(this.#root, { recursive: true });
  }
}
