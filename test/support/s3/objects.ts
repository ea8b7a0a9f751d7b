/**
 * The buckets of the test server: objects, uploads, and the rules of S3 about both.
 */

import { createHash } from "node:crypto";

/** An object. */
export interface HeldObject {
  readonly body: Buffer;
  readonly etag: string;
  modifiedMs: number;
}

/** An upload under way. */
export interface HeldUpload {
  readonly key: string;
  readonly id: string;
  startedMs: number;
  readonly pieces: Map<number, { readonly body: Buffer; readonly etag: string }>;
}

/** What S3 answers where something cannot be. */
export class S3Refusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly fields: Readonly<Record<string, string>>;

  constructor(status: number, code: string, fields: Readonly<Record<string, string>> = {}) {
    super(code);
    this.status = status;
    this.code = code;
    this.fields = fields;
  }
}

/** A write's condition, as its headers say it. */
export interface Condition {
  readonly ifMatch: string | undefined;
  readonly ifNoneMatch: string | undefined;
}

const PIECE_BYTES_MIN = 5 * 1024 * 1024;
const PIECES_MAX = 10_000;

/** One bucket. */
export class Bucket {
  readonly objects = new Map<string, HeldObject>();
  readonly uploads = new Map<string, HeldUpload>();
  #uploadsBegun = 0;

  /** Keys below a prefix, by their bytes. */
  keys(prefix: string): string[] {
    const keys = [...this.objects.keys()].filter((key) => key.startsWith(prefix));
    return keys.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  }

  get(key: string): HeldObject {
    const found = this.objects.get(key);
    if (found === undefined) throw new S3Refusal(404, "NoSuchKey");
    return found;
  }

  put(key: string, body: Buffer, condition: Condition, etag = md5(body)): HeldObject {
    const before = this.objects.get(key);
    if (condition.ifNoneMatch !== undefined && before !== undefined) {
      throw new S3Refusal(412, "PreconditionFailed");
    }
    if (condition.ifMatch !== undefined) {
      if (before === undefined) throw new S3Refusal(404, "NoSuchKey");
      if (before.etag !== condition.ifMatch) throw new S3Refusal(412, "PreconditionFailed");
    }
    const object = { body, etag, modifiedMs: Date.now() };
    this.objects.set(key, object);
    return object;
  }

  begin(key: string): HeldUpload {
    const id = `upload-${++this.#uploadsBegun}`;
    const upload = { key, id, startedMs: Date.now(), pieces: new Map() };
    this.uploads.set(id, upload);
    return upload;
  }

  uploadOf(key: string, id: string): HeldUpload {
    const upload = this.uploads.get(id);
    if (upload?.key !== key) throw new S3Refusal(404, "NoSuchUpload");
    return upload;
  }

  addPiece(key: string, id: string, number: number, body: Buffer): string {
    if (!(number >= 1 && number <= PIECES_MAX)) throw new S3Refusal(400, "InvalidArgument");
    const etag = md5(body);
    this.uploadOf(key, id).pieces.set(number, { body, etag });
    return etag;
  }

  complete(
    key: string,
    id: string,
    parts: readonly { readonly number: number; readonly etag: string }[],
  ): HeldObject {
    const upload = this.uploadOf(key, id);
    if (parts.length === 0) throw new S3Refusal(400, "MalformedXML");
    const bodies = parts.map(({ number, etag }, index) => {
      if (index > 0 && number <= parts[index - 1]!.number) {
        throw new S3Refusal(400, "InvalidPartOrder");
      }
      const piece = upload.pieces.get(number);
      if (piece?.etag !== etag) throw new S3Refusal(400, "InvalidPart");
      const isLast = index === parts.length - 1;
      if (!isLast && piece.body.length < PIECE_BYTES_MIN)
        throw new S3Refusal(400, "EntityTooSmall");
      return piece.body;
    });
    this.uploads.delete(id);
    const body = Buffer.concat(bodies);
    return this.put(key, body, NO_CONDITION, md5(body).replace(/"$/, `-${parts.length}"`));
  }

  abort(key: string, id: string): void {
    this.uploadOf(key, id);
    this.uploads.delete(id);
  }
}

export const NO_CONDITION: Condition = { ifMatch: undefined, ifNoneMatch: undefined };

function md5(body: Buffer): string {
  return `"${createHash("md5").update(body).digest("hex")}"`;
}
