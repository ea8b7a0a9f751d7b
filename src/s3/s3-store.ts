/**
 * What Sheaf asks of S3, and no more of it than that: lists, reads, writes and uploads in pieces.
 * Each request is bounded in time and in tries; what a refusal means is told by `s3-error.ts`.
 *
 * What always holds: a method that changes something may be called again after an answer that got
 * lost, and then finds what it had done.
 */

import type { Readable } from "node:stream";
import type * as Sdk from "@aws-sdk/client-s3";
import { type Pace, REAL_PACE, type RetryPolicy, retrying } from "./backoff.ts";
import {
  BrokenAnswer,
  isAbsent,
  isRefusedCondition,
  isTransient,
  statusOf,
  withoutRequest,
} from "./s3-answer.ts";
import { type S3Library, s3Library } from "./s3-client.ts";
import { s3Error } from "./s3-error.ts";
import { s3Settings } from "./s3-settings.ts";
import { type S3Location, s3Url } from "./s3-url.ts";
import { StallWatch } from "./stall-watch.ts";

/** An object, as a list or a look at it tells. */
export interface StoredObject {
  readonly key: string;
  readonly sizeBytes: number;
  /** What tells it from another object under the same key. */
  readonly etag: string;
  readonly modifiedMs: number;
}

/** An upload in pieces that was begun and neither finished nor given up. */
export interface PendingUpload {
  readonly key: string;
  readonly uploadId: string;
  readonly startedMs: number;
}

/** An upload in pieces that was begun just now. */
export interface BegunUpload {
  readonly uploadId: string;
  /** False where an answer got lost, and another one may have been begun that nobody knows of. */
  readonly isOnly: boolean;
}

/** A piece of an upload: its number, from 1, and its ETag. */
export interface UploadedPiece {
  readonly number: number;
  readonly etag: string;
}

/** A small object as a whole. */
export interface SmallObject {
  readonly text: string;
  readonly etag: string;
}

/** On which condition an object is written: that there is none, or that it is still this one. */
export type WriteCondition = { readonly absent: true } | { readonly etag: string } | undefined;

/** A body under way; whoever gets it reads it or destroys it. */
export interface ObjectBody {
  readonly body: Readable;
  readonly etag: string | undefined;
  /** "bytes 0-99/1000", where a range was answered. */
  readonly range: string | undefined;
}

/** How a store is asked. */
export interface S3StoreOptions {
  readonly role: "read" | "write";
  readonly policy?: RetryPolicy;
  readonly pace?: Pace;
  readonly signal?: AbortSignal;
}

/** A slow line brings at least so many bytes of a piece in time. */
const UPLOAD_BYTES_PER_MS_MIN = 64;

/** Refusals that may have one of several reasons. */
const WORDLESS_STATUSES = new Set([301, 307, 400, 401, 403]);

type Sender = (library: S3Library, watch: StallWatch) => Promise<unknown>;

/** See the head of this file. It holds nothing: the connections are the thread's. */
export class S3Store {
  readonly #role: "read" | "write";
  readonly #policy: RetryPolicy;
  readonly #pace: Pace;
  readonly #signal: AbortSignal | undefined;

  constructor({ role, policy, pace, signal }: S3StoreOptions) {
    this.#role = role;
    this.#policy = policy ?? s3Settings().policy;
    this.#pace = pace ?? REAL_PACE;
    this.#signal = signal;
  }

  /** Tries a call as often and with such waits as all requests of this store. */
  async retry<T>(call: () => Promise<T>): Promise<T> {
    const bounds = { policy: this.#policy, pace: this.#pace, isTransient };
    return await retrying(
      async () => {
        try {
          return await call();
        } catch (thrown) {
          throw withoutRequest(thrown);
        }
      },
      this.#signal === undefined ? bounds : { ...bounds, signal: this.#signal },
    );
  }

  /** The objects whose keys begin with the location's, a page at a time, in no order. */
  async *list(location: S3Location): AsyncGenerator<StoredObject[]> {
    const { bucket, key } = location;
    let next: string | undefined;
    do {
      const page = (await this.#call(`list ${s3Url(location)}`, ({ sdk, client }, { signal }) =>
        client.send(
          new sdk.ListObjectsV2Command({
            Bucket: bucket,
            Prefix: key,
            EncodingType: "url",
            ContinuationToken: next,
          }),
          { abortSignal: signal },
        ),
      )) as Sdk.ListObjectsV2Output;
      const decode = decoderOf(page.EncodingType);
      yield (page.Contents ?? []).map((object) => ({
        key: decode(object.Key!),
        sizeBytes: object.Size ?? 0,
        etag: object.ETag ?? "",
        modifiedMs: object.LastModified?.getTime() ?? 0,
      }));
      next = page.IsTruncated === true ? page.NextContinuationToken : undefined;
    } while (next !== undefined);
  }

  /** A look at one object; undefined where there is none. */
  async look(location: S3Location): Promise<StoredObject | undefined> {
    let found: Sdk.HeadObjectOutput | undefined;
    try {
      found = (await this.#unlessAbsent(`read ${s3Url(location)}`, ({ sdk, client }, watch) =>
        client.send(new sdk.HeadObjectCommand(named(location)), { abortSignal: watch.signal }),
      )) as Sdk.HeadObjectOutput | undefined;
    } catch (error) {
      // The answer to a HEAD has no words; that to a GET says why.
      if (WORDLESS_STATUSES.has(statusOf((error as Error).cause) ?? 0))
        await this.read(location, 1);
      throw error;
    }
    if (found === undefined) return undefined;
    return {
      key: location.key,
      sizeBytes: found.ContentLength ?? 0,
      etag: found.ETag ?? "",
      modifiedMs: found.LastModified?.getTime() ?? 0,
    };
  }

  /**
   * One try to read the bytes [start, end) of the object that had this ETag; whoever reads the body
   * calls it within `retry`. It throws what the library throws.
   */
  async open(
    location: S3Location,
    etag: string,
    [start, end]: readonly [number, number],
    signal: AbortSignal,
  ): Promise<ObjectBody> {
    const { sdk, client } = await s3Library();
    const command = new sdk.GetObjectCommand({
      ...named(location),
      Range: `bytes=${start}-${end - 1}`,
      IfMatch: etag,
    });
    const { Body, ETag, ContentRange } = await client.send(command, { abortSignal: signal });
    return { body: Body as Readable, etag: ETag, range: ContentRange };
  }

  /**
   * All of a small object, with its ETag; undefined where there is none. It is asked for as a range,
   * because the answer then tells how long it has to be.
   */
  async read(location: S3Location, bytesMax: number): Promise<SmallObject | undefined> {
    const action = `read ${s3Url(location)}`;
    const range = `bytes=0-${bytesMax - 1}`;
    try {
      return (await this.#unlessAbsent(action, async ({ sdk, client }, { signal }) => {
        const command = new sdk.GetObjectCommand({ ...named(location), Range: range });
        const found = await client.send(command, { abortSignal: signal });
        const chunks: Buffer[] = [];
        for await (const chunk of found.Body as Readable) chunks.push(chunk as Buffer);
        const body = Buffer.concat(chunks);
        const totalBytes = Number(found.ContentRange?.split("/")[1] ?? found.ContentLength);
        if (totalBytes > bytesMax) throw new Error(`it has more than ${bytesMax} bytes`);
        if (totalBytes !== body.length) throw new BrokenAnswer("the object broke off");
        return { text: body.toString(), etag: found.ETag ?? "" };
      })) as SmallObject | undefined;
    } catch (error) {
      // An empty object has no range.
      if (statusOf((error as Error).cause) === 416) return { text: "", etag: "" };
      throw error;
    }
  }

  /** Writes a small object. False where the condition does not hold. */
  async write(location: S3Location, body: Buffer, condition?: WriteCondition): Promise<boolean> {
    const when =
      condition === undefined
        ? {}
        : "absent" in condition
          ? { IfNoneMatch: "*" }
          : { IfMatch: condition.etag };
    try {
      await this.#call(
        `write ${s3Url(location)}`,
        ({ sdk, client }, { signal }) =>
          client.send(new sdk.PutObjectCommand({ ...named(location), Body: body, ...when }), {
            abortSignal: signal,
          }),
        body.length,
      );
      return true;
    } catch (error) {
      const { cause } = error as Error;
      // An `If-Match` of what is gone is answered with 404.
      if (condition !== undefined && (isRefusedCondition(cause) || isAbsent(cause))) return false;
      throw error;
    }
  }

  /** Removes an object, if it is there. */
  async remove(location: S3Location): Promise<void> {
    await this.#unlessAbsent(`remove ${s3Url(location)}`, ({ sdk, client }, { signal }) =>
      client.send(new sdk.DeleteObjectCommand(named(location)), { abortSignal: signal }),
    );
  }

  /** Begins an upload in pieces. The object is not there before it is finished. */
  async beginUpload(location: S3Location): Promise<BegunUpload> {
    let tries = 0;
    const begun = (await this.#call(`write ${s3Url(location)}`, ({ sdk, client }, { signal }) => {
      tries++;
      const command = new sdk.CreateMultipartUploadCommand(named(location));
      return client.send(command, { abortSignal: signal });
    })) as Sdk.CreateMultipartUploadOutput;
    return { uploadId: begun.UploadId!, isOnly: tries === 1 };
  }

  /** Uploads one piece. All but the last have the same size, 5 MiB at least. */
  async uploadPiece(
    location: S3Location,
    uploadId: string,
    number: number,
    body: Buffer,
  ): Promise<UploadedPiece> {
    const done = (await this.#call(
      `write ${s3Url(location)}`,
      ({ sdk, client }, { signal }) =>
        client.send(
          new sdk.UploadPartCommand({
            ...named(location),
            UploadId: uploadId,
            PartNumber: number,
            Body: body,
          }),
          { abortSignal: signal },
        ),
      body.length,
    )) as Sdk.UploadPartOutput;
    return { number, etag: done.ETag! };
  }

  /** Makes an object of the pieces of an upload, at once and as a whole. */
  async finishUpload(
    location: S3Location,
    uploadId: string,
    pieces: readonly UploadedPiece[],
    sizeBytes: number,
  ): Promise<void> {
    const Parts = pieces.map(({ number, etag }) => ({ PartNumber: number, ETag: etag }));
    try {
      await this.#call(`write ${s3Url(location)}`, ({ sdk, client }, { signal }) =>
        client.send(
          new sdk.CompleteMultipartUploadCommand({
            ...named(location),
            UploadId: uploadId,
            MultipartUpload: { Parts },
          }),
          { abortSignal: signal },
        ),
      );
    } catch (error) {
      // Where the first answer got lost, the upload is no more and the object is there.
      const isGone = isAbsent((error as Error).cause);
      if (isGone && (await this.look(location))?.sizeBytes === sizeBytes) return;
      throw error;
    }
  }

  /** Gives an upload up, if it is still there: its pieces go, and no more can come. */
  async abortUpload(location: S3Location, uploadId: string): Promise<void> {
    await this.#unlessAbsent(`remove the upload of ${s3Url(location)}`, ({ sdk, client }, watch) =>
      client.send(new sdk.AbortMultipartUploadCommand({ ...named(location), UploadId: uploadId }), {
        abortSignal: watch.signal,
      }),
    );
  }

  /** The uploads under way whose keys begin with the location's. */
  async *listUploads(location: S3Location): AsyncGenerator<PendingUpload[]> {
    let next: { KeyMarker?: string; UploadIdMarker?: string } | undefined = {};
    while (next !== undefined) {
      const from: { KeyMarker?: string; UploadIdMarker?: string } = next;
      const page = (await this.#call(
        `list the uploads to ${s3Url(location)}`,
        ({ sdk, client }, { signal }) =>
          client.send(
            new sdk.ListMultipartUploadsCommand({
              Bucket: location.bucket,
              Prefix: location.key,
              ...from,
            }),
            { abortSignal: signal },
          ),
      )) as Sdk.ListMultipartUploadsOutput;
      yield (page.Uploads ?? []).map(({ Key, UploadId, Initiated }) => ({
        key: Key!,
        uploadId: UploadId!,
        startedMs: Initiated?.getTime() ?? 0,
      }));
      const { IsTruncated, NextKeyMarker, NextUploadIdMarker } = page;
      next =
        IsTruncated === true && NextKeyMarker !== undefined
          ? { KeyMarker: NextKeyMarker, UploadIdMarker: NextUploadIdMarker ?? "" }
          : undefined;
    }
  }

  /** As `#call`; undefined where there is no such object. */
  async #unlessAbsent(action: string, send: Sender): Promise<unknown> {
    try {
      return await this.#call(action, send);
    } catch (error) {
      if (isAbsent((error as Error).cause)) return undefined;
      throw error;
    }
  }

  /** A request with its tries. It throws a `SheafError` whose cause is a refusal, or another error. */
  async #call(action: string, send: Sender, bodyBytes = 0): Promise<unknown> {
    const library = await s3Library();
    const timeoutMs = s3Settings().stallMs + bodyBytes / UPLOAD_BYTES_PER_MS_MIN;
    let tries = 0;
    try {
      return await this.retry(async () => {
        tries++;
        return await watched(timeoutMs, this.#signal, (watch) => send(library, watch));
      });
    } catch (thrown) {
      const { endpoint } = library;
      throw s3Error({ action, role: this.#role, endpoint, tries }, thrown);
    }
  }
}

/** A request under a watch; what ends it is told, and not that it was ended. */
async function watched(
  timeoutMs: number,
  signal: AbortSignal | undefined,
  send: (watch: StallWatch) => Promise<unknown>,
): Promise<unknown> {
  signal?.throwIfAborted();
  const watch = new StallWatch(timeoutMs);
  const abort = () => watch.abort(signal?.reason);
  signal?.addEventListener("abort", abort, { once: true });
  try {
    return await send(watch);
  } catch (thrown) {
    throw watch.signal.aborted ? watch.signal.reason : thrown;
  } finally {
    signal?.removeEventListener("abort", abort);
    watch.close();
  }
}

function named({ bucket, key }: S3Location): { Bucket: string; Key: string } {
  return { Bucket: bucket, Key: key };
}

/** Keys come as in URLs where the endpoint says so, since XML cannot hold every character. */
function decoderOf(encoding: string | undefined): (key: string) => string {
  if (encoding !== "url") return (key) => key;
  return (key) => decodeURIComponent(key.replaceAll("+", " "));
}
