/**
 * Roles: what a certificate of the cluster is for. They stand in the certificate as a name of the
 * kind URI (`sheaf://role/worker`), signed by the cluster's own authority.
 *
 * A role, not a host name, is what nodes check of each other: hosts of a cluster come and go, and
 * whoever has a worker's certificate is a worker wherever it runs. A URI, and not a field such as OU,
 * because it cannot be mistaken for anything else, standard tools show it, and a certificate of the
 * company's that happens to have the right unit is no worker.
 */

import type { PeerCertificate } from "node:tls";

export const ROLES = ["master", "worker", "client"] as const;

/** Masters lead, workers run tasks, clients submit jobs. */
export type Role = (typeof ROLES)[number];

const ROLE_URI = "sheaf://role/";

/** The name in a certificate that stands for a role. */
export function roleUri(role: Role): string {
  return `${ROLE_URI}${role}`;
}

/** The roles that a certificate has. That the authority signed it is for TLS to see. */
export function rolesOf(certificate: PeerCertificate): Role[] {
  const names = namesOf(certificate.subjectaltname ?? "");
  return ROLES.filter((role) => names.includes(`URI:${roleUri(role)}`));
}

/**
 * The names in Node's text of them. A name that holds a comma or a quote is spelt as a JSON string,
 * so that none can pass for two.
 */
function namesOf(text: string): string[] {
  const names = text.match(/[A-Za-z ]+:(?:"(?:[^"\\]|\\.)*"|[^,"]*)/g) ?? [];
  return names.map((name) => name.trim());
}
