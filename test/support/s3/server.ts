/**
 * A server of S3 in the process of a test: the requests that Sheaf makes and no others, as strictly
 * as the real one about signatures, conditions and uploads. No server that npm installs does all of
 * these; the same tests run on real ones with `SHEAF_TEST_S3` (see `bucket.ts`).
 */

import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Bucket, type Condition, S3Refusal } from "./objects.ts";
import { type Account, checkSignature } from "./signature.ts";

/** A request as tests look at it. */
export interface SeenRequest {
  readonly method: string;
  readonly key: string;
  readonly query: URLSearchParams;
  readonly range: string | undefined;
}

interface Asked {
  readonly request: IncomingMessage;
  readonly body: Buffer;
  readonly key: string;
  readonly query: URLSearchParams;
  readonly bucket: Bucket;
}

interface Answer {
  readonly status?: number;
  readonly headers?: Record<string, string | number>;
  readonly body?: Buffer | string;
}

const KEYS_PER_PAGE = 1000;

/** See the head of this file. */
export class S3Server {
  readonly account: Account = { accessKeyId: "AKTEST", secretAccessKey: "test/secret+key" };
  readonly region = "eu-test-1";
  readonly buckets = new Map<string, Bucket>();
  readonly seen: SeenRequest[] = [];
  /** Pages of lists hold so many; tests make it small. */
  keysPerPage = KEYS_PER_PAGE;
  /** Old servers answer 501 to a write with a condition. */
  knowsConditions = true;
  readonly #server = createServer((request, response) => {
    void this.#serve(request, response);
  });

  async start(): Promise<void> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  bucket(name: string): Bucket {
    const bucket = this.buckets.get(name) ?? new Bucket();
    this.buckets.set(name, bucket);
    return bucket;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      return; // The client broke off.
    }
    let answer: Answer;
    try {
      answer = this.#answer(request, Buffer.concat(chunks));
    } catch (error) {
      if (!(error instanceof S3Refusal)) throw error;
      const headers = { "content-type": "application/xml" };
      const body = request.method === "HEAD" ? "" : errorXml(error);
      answer = { status: error.status, headers, body };
    }
    const { status = 200, headers = {}, body = "" } = answer;
    response.writeHead(status, { "content-length": Buffer.byteLength(body), ...headers });
    response.end(request.method === "HEAD" ? undefined : body);
  }

  #answer(request: IncomingMessage, body: Buffer): Answer {
    const verdict = checkSignature(request, body, this.account, this.region);
    if (!verdict.ok) {
      const isRegion = verdict.code === "AuthorizationHeaderMalformed";
      throw new S3Refusal(verdict.status, verdict.code, isRegion ? { Region: this.region } : {});
    }
    const [path = "", query = ""] = request.url!.split("?");
    const [, name = "", ...rest] = path.split("/");
    const key = decodeURIComponent(rest.join("/"));
    const bucket = this.buckets.get(name);
    const asked = { request, body, key, query: new URLSearchParams(query), bucket: bucket! };
    const { method = "" } = request;
    this.seen.push({ method, key, query: asked.query, range: request.headers.range });
    if (bucket === undefined) throw new S3Refusal(404, "NoSuchBucket");
    return key === "" ? this.#onBucket(asked) : this.#onObject(asked);
  }

  #onBucket({ request, query, bucket }: Asked): Answer {
    if (request.method !== "GET") throw new S3Refusal(501, "NotImplemented");
    if (query.has("uploads")) return listUploads(bucket, query, this.keysPerPage);
    if (query.get("list-type") === "2") return listObjects(bucket, query, this.keysPerPage);
    throw new S3Refusal(501, "NotImplemented");
  }

  #onObject(asked: Asked): Answer {
    const { request, query, bucket, key, body } = asked;
    const uploadId = query.get("uploadId");
    switch (request.method) {
      case "HEAD":
      case "GET":
        return getObject(asked);
      case "PUT": {
        if (uploadId !== null) {
          const etag = bucket.addPiece(key, uploadId, Number(query.get("partNumber")), body);
          return { headers: { etag } };
        }
        const condition = conditionOf(request);
        if (!this.knowsConditions && (condition.ifMatch ?? condition.ifNoneMatch) !== undefined) {
          throw new S3Refusal(501, "NotImplemented");
        }
        return { headers: { etag: bucket.put(key, body, condition).etag } };
      }
      case "DELETE":
        if (uploadId !== null) bucket.abort(key, uploadId);
        else bucket.objects.delete(key);
        return { status: 204 };
      case "POST": {
        if (query.has("uploads")) {
          return xml("InitiateMultipartUploadResult", tag("UploadId", bucket.begin(key).id));
        }
        const { etag } = bucket.complete(key, uploadId ?? "", partsOf(body.toString()));
        return xml("CompleteMultipartUploadResult", tag("ETag", etag));
      }
    }
    throw new S3Refusal(405, "MethodNotAllowed");
  }
}

function getObject({ request, bucket, key }: Asked): Answer {
  const { body, etag, modifiedMs } = bucket.get(key);
  const { ifMatch } = conditionOf(request);
  if (ifMatch !== undefined && ifMatch !== etag) throw new S3Refusal(412, "PreconditionFailed");
  const headers = { etag, "last-modified": new Date(modifiedMs).toUTCString() };
  const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "");
  if (range === null) return { headers: { ...headers, "content-length": body.length }, body };
  const start = Number(range[1]);
  const end = Math.min(Number(range[2]) + 1, body.length);
  if (start >= body.length) throw new S3Refusal(416, "InvalidRange");
  return {
    status: 206,
    headers: { ...headers, "content-range": `bytes ${start}-${end - 1}/${body.length}` },
    body: body.subarray(start, end),
  };
}

function listObjects(bucket: Bucket, query: URLSearchParams, perPage: number): Answer {
  const after = query.get("continuation-token") ?? "";
  const keys = bucket.keys(query.get("prefix") ?? "");
  const start =
    after === "" ? 0 : keys.findIndex((key) => Buffer.from(key).toString("hex") > after);
  const page = start === -1 ? [] : keys.slice(start, start + perPage);
  const isMore = start !== -1 && start + perPage < keys.length;
  const encode = query.get("encoding-type") === "url" ? encodeURIComponent : escapeXml;
  const contents = page.map((key) => {
    const { etag, body, modifiedMs } = bucket.get(key);
    const date = new Date(modifiedMs).toISOString();
    return tag(
      "Contents",
      `<Key>${encode(key)}</Key>` +
        tag("LastModified", date) +
        `<ETag>${escapeXml(etag)}</ETag>` +
        tag("Size", String(body.length)),
    );
  });
  const next = isMore ? Buffer.from(page.at(-1)!).toString("hex") : "";
  return xml(
    "ListBucketResult",
    (query.get("encoding-type") === "url" ? tag("EncodingType", "url") : "") +
      tag("IsTruncated", String(isMore)) +
      (isMore ? tag("NextContinuationToken", next) : "") +
      contents.join(""),
  );
}

function listUploads(bucket: Bucket, query: URLSearchParams, perPage: number): Answer {
  const prefix = query.get("prefix") ?? "";
  const place = ({ key, id }: { key: string; id: string }) => `${key}\0${id}`;
  const after = `${query.get("key-marker") ?? ""}\0${query.get("upload-id-marker") ?? ""}`;
  const all = [...bucket.uploads.values()]
    .filter((upload) => upload.key.startsWith(prefix) && place(upload) > after)
    .sort((a, b) => (place(a) < place(b) ? -1 : 1));
  const page = all.slice(0, perPage);
  const last = page.at(-1);
  const uploads = page.map(({ key, id, startedMs }) =>
    tag(
      "Upload",
      `<Key>${escapeXml(key)}</Key>` +
        tag("UploadId", id) +
        tag("Initiated", new Date(startedMs).toISOString()),
    ),
  );
  const isMore = page.length < all.length;
  const next = isMore
    ? `<NextKeyMarker>${escapeXml(last!.key)}</NextKeyMarker>${tag("NextUploadIdMarker", last!.id)}`
    : "";
  return xml(
    "ListMultipartUploadsResult",
    tag("IsTruncated", String(isMore)) + next + uploads.join(""),
  );
}

function partsOf(text: string): { number: number; etag: string }[] {
  return [...text.matchAll(/<Part>(.*?)<\/Part>/gs)].map(([, part = ""]) => ({
    number: Number(/<PartNumber>(\d+)<\/PartNumber>/.exec(part)?.[1]),
    etag: (/<ETag>(.*?)<\/ETag>/.exec(part)?.[1] ?? "").replaceAll("&quot;", '"'),
  }));
}

function conditionOf({ headers }: IncomingMessage): Condition {
  return { ifMatch: headers["if-match"], ifNoneMatch: headers["if-none-match"] };
}

function errorXml({ code, fields }: S3Refusal): string {
  const more = Object.entries(fields).map(([name, value]) => tag(name, value));
  return `<?xml version="1.0"?><Error>${tag("Code", code)}${tag("Message", code)}${more.join("")}</Error>`;
}

function xml(root: string, content: string): Answer {
  const body = `<?xml version="1.0"?><${root}>${content}</${root}>`;
  return { headers: { "content-type": "application/xml" }, body };
}

function tag(name: string, content: string): string {
  return `<${name}>${content}</${name}>`;
}

function escapeXml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
