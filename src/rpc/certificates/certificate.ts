/**
 * Makes X.509 certificates (RFC 5280): an authority that signs, and what it signs. Keys are ECDSA on
 * P-256, signatures with SHA-256, which every TLS 1.3 has.
 *
 * Our own DER and no library, because it is two small files: those that could be had bring twenty
 * packages with them (@peculiar/x509), or know no elliptic curves (node-forge). What is made is read
 * and verified by others: in tests by Node and, where it is there, by OpenSSL.
 */

import {
  createHash,
  createPrivateKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from "node:crypto";
import { type Role, roleUri } from "../security/role.ts";
import * as der from "./der.ts";
import { type HostName, hostNameBytes } from "./host-name.ts";

/** A certificate and its key, as PEM. */
export interface SignedKey {
  readonly certificate: string;
  readonly key: string;
}

/** Who signs. */
export interface Authority {
  readonly name: string;
  readonly key: KeyObject;
  /** Names its key in what it signs. */
  readonly keyId: Buffer;
}

/** From when to when. */
export interface Validity {
  readonly from: Date;
  readonly to: Date;
}

const ECDSA_WITH_SHA256 = der.sequence(der.objectId("1.2.840.10045.4.3.2"));
const COMMON_NAME = der.objectId("2.5.4.3");
const SERVER_AUTH = der.objectId("1.3.6.1.5.5.7.3.1");
const CLIENT_AUTH = der.objectId("1.3.6.1.5.5.7.3.2");
const SERIAL_BYTES = 16;
const VERSION_3 = 2n;

// Bits of the key usage, the first one first.
const SIGN_CERTIFICATES_AND_LISTS = der.bits(Buffer.of(0b0000_0110), 1);
const SIGN = der.bits(Buffer.of(0b1000_0000), 7);

/** Makes an authority of its own. Its name is unique, so that another one is never taken for it. */
export function makeAuthority(validity: Validity): SignedKey {
  const keys = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const name = `Sheaf authority ${randomBytes(4).toString("hex")}`;
  const self: Authority = { name, key: keys.privateKey, keyId: keyIdOf(keys.publicKey) };
  const extensions = [
    extension("2.5.29.19", der.sequence(der.boolean(true), der.integer(0n)), "critical"),
    extension("2.5.29.15", SIGN_CERTIFICATES_AND_LISTS, "critical"),
  ];
  return signed(self, name, keys, validity, extensions);
}

/** Makes a key, and a certificate of it for a role and for hosts. */
export function makeCertificate(
  authority: Authority,
  role: Role,
  hosts: readonly HostName[],
  validity: Validity,
): SignedKey {
  const keys = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const purposes = role === "client" ? [CLIENT_AUTH] : [SERVER_AUTH, CLIENT_AUTH];
  const names = [der.implicit(URI, Buffer.from(roleUri(role))), ...hosts.map(hostNameOf)];
  const extensions = [
    extension("2.5.29.19", der.sequence(), "critical"),
    extension("2.5.29.15", SIGN, "critical"),
    extension("2.5.29.37", der.sequence(...purposes)),
    extension("2.5.29.17", der.sequence(...names)),
    extension("2.5.29.35", der.sequence(der.implicit(0, authority.keyId))),
  ];
  return signed(authority, `Sheaf ${role}`, keys, validity, extensions);
}

/** The authority of a certificate and key that were made before. */
export function authorityOf(name: string, keyPem: string): Authority {
  const key = createPrivateKey(keyPem);
  return { name, key, keyId: keyIdOf(key) };
}

const DNS = 2;
const URI = 6;
const IP = 7;

function hostNameOf(host: HostName): Buffer {
  return der.implicit(host.kind === "ip" ? IP : DNS, hostNameBytes(host));
}

function signed(
  authority: Authority,
  subject: string,
  keys: { readonly publicKey: KeyObject; readonly privateKey: KeyObject },
  validity: Validity,
  extensions: readonly Buffer[],
): SignedKey {
  const toBeSigned = der.sequence(
    der.explicit(0, der.integer(VERSION_3)),
    der.integer(serialNumber()),
    ECDSA_WITH_SHA256,
    nameOf(authority.name),
    der.sequence(der.time(validity.from), der.time(validity.to)),
    nameOf(subject),
    keys.publicKey.export({ type: "spki", format: "der" }),
    der.explicit(
      3,
      der.sequence(...extensions, extension("2.5.29.14", der.octets(keyIdOf(keys.publicKey)))),
    ),
  );
  const signature = sign("sha256", toBeSigned, authority.key);
  const bytes = der.sequence(toBeSigned, ECDSA_WITH_SHA256, der.bits(signature));
  return {
    certificate: pem("CERTIFICATE", bytes),
    key: keys.privateKey.export({ type: "pkcs8", format: "pem" }) as string,
  };
}

/** Random and positive, as browsers ask of authorities. */
function serialNumber(): bigint {
  const bytes = randomBytes(SERIAL_BYTES);
  bytes[0] = (bytes[0]! & 0x7f) | 0x40;
  return BigInt(`0x${bytes.toString("hex")}`);
}

function nameOf(commonName: string): Buffer {
  return der.sequence(der.set(der.sequence(COMMON_NAME, der.utf8(commonName))));
}

function extension(id: string, value: Buffer, critical?: "critical"): Buffer {
  const mark = critical === undefined ? [] : [der.boolean(true)];
  return der.sequence(der.objectId(id), ...mark, der.octets(value));
}

/** The SHA-1 of the key's bits names the key (RFC 5280, 4.2.1.2); nothing's safety depends on it. */
function keyIdOf(key: KeyObject): Buffer {
  const { x = "", y = "" } = key.export({ format: "jwk" });
  const point = [Buffer.of(4), Buffer.from(x, "base64url"), Buffer.from(y, "base64url")];
  return createHash("sha1").update(Buffer.concat(point)).digest();
}

function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}
