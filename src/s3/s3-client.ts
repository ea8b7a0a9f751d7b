/**
 * The client of AWS's own library, set up from the environment as its users know it: credentials,
 * region, endpoint and profile come from the AWS_* variables and from ~/.aws, or from the container
 * or the machine. It takes 130 ms to load, so it is loaded at the first use of S3 in a thread.
 *
 * What always holds: Sheaf sees no secret. The library reads them from the environment of each
 * process by itself, and they go nowhere else.
 */

import type { S3Client } from "@aws-sdk/client-s3";

/** The library, a client, and where its requests go. */
export interface S3Library {
  readonly sdk: typeof import("@aws-sdk/client-s3");
  readonly client: S3Client;
  /** For messages: no user or password of a URL. */
  readonly endpoint: string;
}

/** A region is part of every signature; endpoints that are not Amazon's expect this one. */
const REGION_DEFAULT = "us-east-1";
const CONNECT_TIMEOUT_MS = 10_000;
/** Connections of one thread: those of read-ahead and uploads, and of a commit's many requests. */
const CONNECTIONS_MAX = 64;

let library: Promise<S3Library> | undefined;

/** The library of this thread. */
export function s3Library(): Promise<S3Library> {
  library ??= load();
  return library;
}

async function load(): Promise<S3Library> {
  // It warns of versions of Node that it will leave behind one day; that is not the user's to mend.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
  const sdk = await import("@aws-sdk/client-s3");
  const { AWS_REGION, AWS_DEFAULT_REGION } = process.env;
  const region = AWS_REGION ?? AWS_DEFAULT_REGION;
  const client = new sdk.S3Client({
    ...(region === undefined ? {} : { region }),
    // Tries, waits and their bounds are ours: a body that breaks off is beyond the library's.
    maxAttempts: 1,
    // Servers that are not Amazon's may refuse the newer checksums. A body's SHA-256 is signed.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    // It would cost every piece of an upload a round trip.
    expectContinueHeader: false,
    requestHandler: {
      connectionTimeout: CONNECT_TIMEOUT_MS,
      httpAgent: { keepAlive: true, maxSockets: CONNECTIONS_MAX },
      httpsAgent: { keepAlive: true, maxSockets: CONNECTIONS_MAX },
    },
  });
  if (region === undefined) await defaultRegion(client);
  const endpoint = await client.config.serviceConfiguredEndpoint?.();
  // Elsewhere than at Amazon, a bucket has no host name of its own.
  if (endpoint !== undefined) client.config.forcePathStyle = true;
  return { sdk, client, endpoint: endpoint === undefined ? "Amazon S3" : shownUrl(endpoint) };
}

/** The profile's region; without one there, the usual one. */
async function defaultRegion(client: S3Client): Promise<void> {
  const region = await client.config.region().catch(() => REGION_DEFAULT);
  client.config.region = async () => region;
}

function shownUrl(endpoint: string): string {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  return url === undefined ? "the endpoint of AWS_ENDPOINT_URL" : url.origin;
}
