/**
 * Uploads in pieces. An upload is no object: it becomes one when it is finished, at once and as a whole,
 * and until then no list of objects shows it.
 */

import type * as Sdk from "@aws-sdk/client-s3";
import { isAbsent } from "./s3-answer.ts";
import { named, type S3Requests } from "./s3-requests.ts";
import { type S3Location, s3Url } from "./s3-url.ts";

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

/** See the head of this file. */
export class S3Uploads {
  readonly #requests: S3Requests;
  readonly #look: (location: S3Location) => Promise<{ readonly sizeBytes: number } | undefined>;

  /** `look` tells of an object whether it is there. */
  constructor(
    requests: S3Requests,
    look: (location: S3Location) => Promise<{ readonly sizeBytes: number } | undefined>,
  ) {
    this.#requests = requests;
    this.#look = look;
  }

  /** Begins an upload in pieces. The object is not there before it is finished. */
  async begin(location: S3Location): Promise<BegunUpload> {
    let tries = 0;
    const begun: Sdk.CreateMultipartUploadOutput = await this.#requests.call(
      `write ${s3Url(location)}`,
      ({ sdk, client }, { signal }) => {
        tries++;
        const command = new sdk.CreateMultipartUploadCommand(named(location));
        return client.send(command, { abortSignal: signal });
      },
    );
    return { uploadId: begun.UploadId!, isOnly: tries === 1 };
  }

  /** Uploads one piece. All but the last have the same size, 5 MiB at least. */
  async addPiece(
    location: S3Location,
    uploadId: string,
    number: number,
    body: Buffer,
  ): Promise<UploadedPiece> {
    const done: Sdk.UploadPartOutput = await this.#requests.call(
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
    );
    return { number, etag: done.ETag! };
  }

  /** Makes an object of the pieces of an upload, at once and as a whole. */
  async finish(
    location: S3Location,
    uploadId: string,
    pieces: readonly UploadedPiece[],
    sizeBytes: number,
  ): Promise<void> {
    const Parts = pieces.map(({ number, etag }) => ({ PartNumber: number, ETag: etag }));
    try {
      await this.#requests.call(`write ${s3Url(location)}`, ({ sdk, client }, { signal }) =>
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
      if (isGone && (await this.#look(location))?.sizeBytes === sizeBytes) return;
      throw error;
    }
  }

  /** Gives an upload up, if it is still there: its pieces go, and no more can come. */
  async abort(location: S3Location, uploadId: string): Promise<void> {
    await this.#requests.unlessAbsent(
      `remove the upload of ${s3Url(location)}`,
      ({ sdk, client }, watch) =>
        client.send(
          new sdk.AbortMultipartUploadCommand({ ...named(location), UploadId: uploadId }),
          {
            abortSignal: watch.signal,
          },
        ),
    );
  }

  /** The uploads under way whose keys begin with the location's. */
  async *list(location: S3Location): AsyncGenerator<PendingUpload[]> {
    let next: { KeyMarker?: string; UploadIdMarker?: string } | undefined = {};
    while (next !== undefined) {
      const from: { KeyMarker?: string; UploadIdMarker?: string } = next;
      const page: Sdk.ListMultipartUploadsOutput = await this.#requests.call(
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
      );
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
}
