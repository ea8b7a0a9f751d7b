/**
 * A bucket for a test, behind a fault proxy: on the server in this process, or on a real one that
 * `SHEAF_TEST_S3=http://127.0.0.1:PORT` names, with its AWS_* variables for the credentials.
 */

import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { FaultProxy } from "./fault-proxy.ts";
import type { Bucket } from "./objects.ts";
import { S3Server } from "./server.ts";

const REAL = process.env.SHEAF_TEST_S3;
const {
  AWS_ACCESS_KEY_ID: REAL_KEY_ID = "test",
  AWS_SECRET_ACCESS_KEY: REAL_SECRET = "test",
  AWS_REGION: REAL_REGION = "us-east-1",
} = process.env;
/** Variables of the machine that would take part, and must not. */
const OURS = /^(AWS_|SHEAF_S3_)/;

/** Whether the tests run on the server in this process, so that they may look into it. */
export const isOwnServer = REAL === undefined;

/** See the head of this file. */
export class TestBucket {
  readonly name = `sheaf-test-${randomBytes(6).toString("hex")}`;
  readonly server = new S3Server();
  readonly proxy = new FaultProxy(() => REAL ?? this.server.url);
  /** Where ~/.aws would be, were there one. */
  readonly #home = mkdtempSync(join(tmpdir(), "sheaf-s3-"));
  #client: S3Client | undefined;

  static async open(): Promise<TestBucket> {
    const bucket = new TestBucket();
    if (isOwnServer) await bucket.server.start();
    await bucket.proxy.start();
    if (isOwnServer) bucket.server.bucket(bucket.name);
    else await bucket.#direct().send(new CreateBucketCommand({ Bucket: bucket.name }));
    return bucket;
  }

  /** The variables with which a program reaches it, through the proxy. */
  get env(): Record<string, string> {
    const { accessKeyId, secretAccessKey } = this.server.account;
    return {
      AWS_ACCESS_KEY_ID: isOwnServer ? accessKeyId : REAL_KEY_ID,
      AWS_SECRET_ACCESS_KEY: isOwnServer ? secretAccessKey : REAL_SECRET,
      AWS_REGION: isOwnServer ? this.server.region : REAL_REGION,
      AWS_ENDPOINT_URL_S3: this.proxy.url,
      // Nothing of the machine's own, and no question to the machine that a cloud would be.
      AWS_EC2_METADATA_DISABLED: "true",
      AWS_SHARED_CREDENTIALS_FILE: join(this.#home, "credentials"),
      AWS_CONFIG_FILE: join(this.#home, "config"),
      SHEAF_S3_TIMEOUT: "1s",
    };
  }

  /** The environment of this process with those variables, for another one. */
  childEnv(changes: Readonly<Record<string, string | undefined>> = {}): NodeJS.ProcessEnv {
    const others = Object.entries(process.env).filter(([name]) => !OURS.test(name));
    return { ...Object.fromEntries(others), NO_COLOR: "1", ...this.env, ...changes };
  }

  /** Sets the variables in this process, whose library reads them at its first request. */
  enter(): void {
    for (const name of Object.keys(process.env)) if (OURS.test(name)) delete process.env[name];
    Object.assign(process.env, this.env);
  }

  /** What the server in this process holds. */
  get held(): Bucket {
    return this.server.bucket(this.name);
  }

  url(key = ""): string {
    return `s3://${this.name}/${key}`;
  }

  async put(key: string, body: string | Uint8Array): Promise<void> {
    await this.#direct().send(
      new PutObjectCommand({ Bucket: this.name, Key: key, Body: Buffer.from(body) }),
    );
  }

  async get(key: string): Promise<Buffer> {
    const { Body } = await this.#direct().send(
      new GetObjectCommand({ Bucket: this.name, Key: key }),
    );
    return Buffer.from(await Body!.transformToByteArray());
  }

  async remove(key: string): Promise<void> {
    await this.#direct().send(new DeleteObjectCommand({ Bucket: this.name, Key: key }));
  }

  async keys(prefix = ""): Promise<string[]> {
    const listed = await this.#direct().send(
      new ListObjectsV2Command({ Bucket: this.name, Prefix: prefix }),
    );
    return (listed.Contents ?? []).map(({ Key }) => Key!);
  }

  /** The keys of uploads that were neither finished nor given up. */
  async uploads(): Promise<string[]> {
    const listed = await this.#direct().send(
      new ListMultipartUploadsCommand({ Bucket: this.name }),
    );
    return (listed.Uploads ?? []).map(({ Key }) => Key!);
  }

  /** Begins an upload as an attempt would, and leaves it. */
  async beginUpload(key: string): Promise<string> {
    const place = { Bucket: this.name, Key: key };
    const { UploadId } = await this.#direct().send(new CreateMultipartUploadCommand(place));
    const Body = Buffer.from("half of it");
    await this.#direct().send(new UploadPartCommand({ ...place, UploadId, PartNumber: 1, Body }));
    return UploadId!;
  }

  async close(): Promise<void> {
    this.#client?.destroy();
    await this.proxy.stop();
    if (isOwnServer) await this.server.stop();
    rmSync(this.#home, { recursive: true });
  }

  /** Past the proxy. */
  #direct(): S3Client {
    const { env } = this;
    process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
    this.#client ??= new S3Client({
      endpoint: REAL ?? this.server.url,
      region: env.AWS_REGION!,
      forcePathStyle: true,
      credentials: {
        accessKeyId: env.AWS_ACCESS_KEY_ID!,
        secretAccessKey: env.AWS_SECRET_ACCESS_KEY!,
      },
      requestChecksumCalculation: "WHEN_REQUIRED",
      responseChecksumValidation: "WHEN_REQUIRED",
    });
    return this.#client;
  }
}
