import type { PeerCertificate } from "node:tls";
import { expect, test } from "vitest";
import { rolesOf } from "./role.ts";

// As Node writes the names of a certificate; what holds a comma or a quote it spells as JSON.
test.each([
  ["URI:sheaf://role/worker", ["worker"]],
  ["DNS:w1.example, IP Address:10.0.0.1, URI:sheaf://role/master", ["master"]],
  ["URI:sheaf://role/client, URI:sheaf://role/worker", ["worker", "client"]],
  ["DNS:w1.example", []],
  ["", []],
  [undefined, []],
  ["URI:sheaf://role/king", []],
  ["URI:sheaf://role/workers", []],
  ["URI:https://role/worker", []],
  ["DNS:sheaf://role/worker", []],
  ['DNS:"x, URI:sheaf://role/master"', []],
  ['URI:"https://x/, URI:sheaf://role/master"', []],
  ['DNS:"x\\", URI:sheaf://role/master"', []],
])("a certificate with the names %j has the roles %j", (subjectaltname, roles) => {
  expect(rolesOf({ subjectaltname } as PeerCertificate)).toEqual(roles);
});
