/**
 * Checks the signature of a request as S3 does (AWS Signature Version 4, in headers), so that a
 * client that signs carelessly is refused here and not only by the real one.
 */

import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";

/** Who may ask. */
export interface Account {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** How a check ended: well, or with the code that S3 answers. */
export type Verdict =
  | { readonly ok: true }
  | { readonly ok: false; readonly status: number; readonly code: string };

const refuse = (status: number, code: string): Verdict => ({ ok: false, status, code });
const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/;
const SKEW_MS_MAX = 15 * 60_000;

/** See the head of this file. */
export function checkSignature(
  request: IncomingMessage,
  body: Buffer,
  account: Account,
  region: string,
): Verdict {
  const header = (name: string): string => String(request.headers[name] ?? "");
  if (header("authorization") === "") return refuse(403, "AccessDenied");
  const match = AUTHORIZATION.exec(header("authorization"));
  if (match === null) return refuse(400, "AuthorizationHeaderMalformed");
  const [, accessKeyId, day, signedRegion, signedHeaders, signature] = match as unknown as string[];
  if (accessKeyId !== account.accessKeyId) return refuse(403, "InvalidAccessKeyId");
  if (signedRegion !== region) return refuse(400, "AuthorizationHeaderMalformed");
  if (header("x-amz-security-token") !== (account.sessionToken ?? "")) {
    return refuse(400, "InvalidToken");
  }
  const date = header("x-amz-date");
  const atMs = Date.parse(
    date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"),
  );
  if (!(Math.abs(Date.now() - atMs) < SKEW_MS_MAX)) return refuse(403, "RequestTimeTooSkewed");
  const bodyHash = header("x-amz-content-sha256");
  if (bodyHash !== "UNSIGNED-PAYLOAD" && bodyHash !== sha256(body)) {
    return refuse(400, "XAmzContentSHA256Mismatch");
  }
  const names = signedHeaders!.split(";");
  const mustSign = Object.keys(request.headers).filter((name) => name.startsWith("x-amz-"));
  if (!["host", ...mustSign].every((name) => names.includes(name))) {
    return refuse(403, "AccessDenied");
  }
  const [path, query = ""] = request.url!.split("?");
  const canonical = [
    request.method,
    path,
    query === "" ? "" : canonicalQuery(query),
    ...names.map((name) => `${name}:${header(name).trim().replace(/ +/g, " ")}`),
    "",
    signedHeaders,
    bodyHash,
  ].join("\n");
  const scope = `${day}/${region}/s3/aws4_request`;
  const text = ["AWS4-HMAC-SHA256", date, scope, sha256(canonical)].join("\n");
  const key = [day!, region, "s3", "aws4_request"].reduce<Buffer | string>(
    (secret, word) => hmac(secret, word),
    `AWS4${account.secretAccessKey}`,
  );
  const expected = hmac(key, text);
  return timingSafeEqual(expected, Buffer.from(signature!, "hex"))
    ? { ok: true }
    : refuse(403, "SignatureDoesNotMatch");
}

function canonicalQuery(query: string): string {
  const pairs = query.split("&").map((pair) => (pair.includes("=") ? pair : `${pair}=`));
  return pairs.sort().join("&");
}

function sha256(data: Buffer | string): string {
  return createHash("sha256").update(data).digest("hex");
}

function hmac(key: Buffer | string, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
