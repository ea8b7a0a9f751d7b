/**
 * What Sheaf asks of S3, and no more of it than that: lists, reads, writes, and uploads in pieces.
 *
 * What always holds: a method that changes something may be called again after an answer that got
 * lost, and then finds what it had done.
 */

import type { Readable } from "node:stream";
import type * as Sdk from "@aws-sdk/client-s3";
import { SheafError } from "../base/error.ts";
import { sizeInWords } from "../base/size.ts";
import { BrokenAnswer, isAbsent, isRefusedCondition, statusOf } from "./s3-answer.ts";
import { s3Library } from "./s3-client.ts";
import { named, type S3RequestOptions, S3Requests } from "./s3-requests.ts";
import { S3Uploads } from "./s3-uploads.ts";
import { type S3Location, s3Url } from "./s3-url.ts";

/** An object, as a list or a look at it tells. */
export interface StoredObject {
  readonly key: string;
  readonly sizeBytes: number;
  /** What tells it from another object under the same key. */
  readonly etag: string;
  readonly modifiedMs: number;
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

/** Refusals that may have one of several reasons. */
const WORDLESS_STATUSES = new Set([301, 307, 400, 401, 403]);

/** See the head of this file. */
export class S3Store {
  readonly uploads: S3Uploads;
  readonly #requests: S3Requests;

  constructor(options: S3RequestOptions) {
    this.#requests = new S3Requests(options);
    this.uploads = new S3Uploads(this.#requests, (location) => this.look(location));
  }

  /** Tries a call as often and with such waits as all requests of this store. */
  async retry<T>(call: () => Promise<T>): Promise<T> {
    return await this.#requests.retry(call);
  }

  /** The objects whose keys begin with the location's, a page at a time, in no order. */
  async *list(location: S3Location): AsyncGenerator<StoredObject[]> {
    const { bucket, key } = location;
    let next: string | undefined;
    do {
      const page: Sdk.ListObjectsV2Output = await this.#requests.call(
        `list ${s3Url(location)}`,
        ({ sdk, client }, { signal }) =>
          client.send(
            new sdk.ListObjectsV2Command({
              Bucket: bucket,
              Prefix: key,
              EncodingType: "url",
              ContinuationToken: next,
            }),
            { abortSignal: signal },
          ),
      );
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
      found = await this.#requests.unlessAbsent(
        `read ${s3Url(location)}`,
        ({ sdk, client }, watch) =>
          client.send(new sdk.HeadObjectCommand(named(location)), { abortSignal: watch.signal }),
      );
    } catch (error) {
      throw await this.#inWords(location, error);
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
      // An endpoint that tells no ETags cannot be asked for them.
      ...(etag === "" ? {} : { IfMatch: etag }),
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
      return await this.#requests.unlessAbsent(action, async ({ sdk, client }, { signal }) => {
        const command = new sdk.GetObjectCommand({ ...named(location), Range: range });
        const found = await client.send(command, { abortSignal: signal });
        const chunks: Buffer[] = [];
        for await (const chunk of found.Body as Readable) chunks.push(chunk as Buffer);
        const body = Buffer.concat(chunks);
        const totalBytes = Number(found.ContentRange?.split("/")[1] ?? found.ContentLength);
        if (totalBytes > bytesMax) throw new Error(`it has more than ${sizeInWords(bytesMax)}`);
        if (totalBytes !== body.length) throw new BrokenAnswer("the object broke off");
        return { text: body.toString(), etag: found.ETag ?? "" };
      });
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
      await this.#requests.call(
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

  /** The answer to a HEAD has no words; that to a GET says why. */
  async #inWords(location: S3Location, error: unknown): Promise<unknown> {
    if (!WORDLESS_STATUSES.has(statusOf((error as Error).cause) ?? 0)) return error;
    const second: unknown = await this.read(location, 1).catch((thrown: unknown) => thrown);
    return second instanceof SheafError && statusOf(second.cause) !== undefined ? second : error;
  }

  /** Removes an object, if it is there. */
  async remove(location: S3Location): Promise<void> {
    await this.#requests.unlessAbsent(`remove ${s3Url(location)}`, ({ sdk, client }, { signal }) =>
      client.send(new sdk.DeleteObjectCommand(named(location)), { abortSignal: signal }),
    );
  }
}

/** Keys come as in URLs where the endpoint says so, since XML cannot hold every character. */
function decoderOf(encoding: string | undefined): (key: string) => string {
  if (encoding !== "url") return (key) => key;
  return (key) => decodeURIComponent(key.replaceAll("+", " "));
}
