/**
 * Regions from one worker's disk to another, over real sockets: every byte, or the exact reason.
 */

import { randomBytes } from "node:crypto";
import { once } from "node:events";
import {
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { RpcNodes } from "../../../test/support/rpc-nodes.ts";
import { attemptNumber, incarnation, jobId, taskIndex, workerName } from "../../base/ids.ts";
import type { Channel } from "../client/channel.ts";
import { stub } from "../client/stub.ts";
import { service } from "../server/serve.ts";
import { regionService } from "../services/region-service.ts";
import type { AnyAttemptRef } from "../wire/attempt.ts";
import { RegionChunk, type RegionRequest } from "../wire/region-calls.ts";
import { type FetchOptions, fetchRegion } from "./fetch-region.ts";
import { RegionServer, type RegionServerLimits } from "./region-server.ts";
import { type OpenRegion, RegionShelf } from "./region-shelf.ts";

const JOB = jobId("job-1");
const LIFE = incarnation("life-1");
const producer: AnyAttemptRef = {
  ...{ job: JOB, phase: "map", task: taskIndex(17), attempt: attemptNumber(0) },
};
const LENGTHS = [3000, 0, 1, 2_000_000];
const BYTES = randomBytes(LENGTHS.reduce((sum, length) => sum + length));

const nodes = new RpcNodes();
let root = "";
let path = "";
let shelf: RegionShelf;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "sheaf-regions-"));
  mkdirSync(join(root, "work", JOB), { recursive: true });
  path = join(root, "work", JOB, "map-17-0");
  writeFileSync(path, BYTES);
  shelf = new RegionShelf(join(root, "work"));
  shelf.add(producer, { path, lengthBytes: LENGTHS });
});

afterEach(async () => {
  await nodes.close();
  rmSync(root, { recursive: true });
});

function request(partition: number, change: Partial<RegionRequest> = {}): RegionRequest {
  const lengthBytes = LENGTHS[partition] ?? 1;
  return { incarnation: LIFE, producer, partition, lengthBytes, offsetBytes: 0, ...change };
}

async function serve(limits: Partial<RegionServerLimits> = {}) {
  const regions = new RegionServer(shelf, LIFE, limits);
  const server = await nodes.listen([regions.service()]);
  return { regions, server, channel: nodes.channel(server, { role: "worker" }) };
}

async function fetch(channel: Channel, wanted: RegionRequest, options: Partial<FetchOptions> = {}) {
  const pieces: Uint8Array[] = [];
  const all = fetchRegion(channel, wanted, { worker: workerName("w2"), ...options });
  for await (const piece of all) pieces.push(piece);
  return Buffer.concat(pieces);
}

describe("a region is fetched", () => {
  test.each([
    [0, 0, 3000],
    [2, 3000, 3001],
    [3, 3001, 2_003_001],
  ])("whole: partition %d", async (partition, start, end) => {
    const { channel } = await serve();
    const bytes = await fetch(channel, request(partition));
    expect(bytes.equals(BYTES.subarray(start, end))).toBe(true);
  });

  test.each([1, 4095, 4096, 1_999_999])("from an offset of %d bytes on", async (offsetBytes) => {
    const { channel } = await serve({ chunkBytes: 4096 });
    const bytes = await fetch(channel, request(3, { offsetBytes }));
    expect(bytes.equals(BYTES.subarray(3001 + offsetBytes))).toBe(true);
  });

  test.each([1, 127, 128, 16_383, 16_384, 1_048_576])(
    "in chunks of %d bytes",
    async (chunkBytes) => {
      const { channel } = await serve({ chunkBytes });
      const partition = chunkBytes < 127 ? 0 : 3;
      const start = partition === 0 ? 0 : 3001;
      const bytes = await fetch(channel, request(partition));
      expect(bytes.equals(BYTES.subarray(start, start + LENGTHS[partition]!))).toBe(true);
    },
  );
});

describe("a server", () => {
  /** Counts the chunks that are read. */
  class CountingShelf extends RegionShelf {
    reads = 0;

    override async open(wanted: RegionRequest): Promise<OpenRegion> {
      const region = await super.open(wanted);
      const { file } = region;
      const read = file.read.bind(file) as (...args: unknown[]) => unknown;
      Object.assign(file, {
        read: (...args: unknown[]) => {
          this.reads++;
          return read(...args);
        },
      });
      return region;
    }
  }

  test("reads no further ahead of a slow reader than a few chunks", async () => {
    const size = 100 * 2 ** 20;
    truncateSync(path, size);
    const counting = new CountingShelf(join(root, "work"));
    counting.add(producer, { path, lengthBytes: [size] });
    const chunkBytes = 2 ** 20;
    const server = await nodes.listen([new RegionServer(counting, LIFE, { chunkBytes }).service()]);
    const limits = { flowWindowBytes: chunkBytes };
    const channel = nodes.channel(server, { role: "worker", limits });
    const wanted = request(0, { lengthBytes: size });
    const chunks = fetchRegion(channel, wanted, { worker: workerName("w2") });
    for (let taken = 1; taken <= 50; taken++) {
      await chunks.next();
      // Three to be sent, one read ahead; the rest is in sockets and with the reader.
      expect(counting.reads - taken).toBeLessThan(30);
    }
    await chunks.return(undefined);
    expect(counting.reads).toBeLessThan(80);
  });

  test("serves so many streams at once, and one more when one has ended", async () => {
    const { channel, regions, server } = await serve({ streamsMax: 1, chunkBytes: 1024 });
    const limits = { flowWindowBytes: 65_535 };
    const slow = nodes.channel(server, { role: "worker", limits });
    const first = fetchRegion(slow, request(3), { worker: workerName("w2") });
    await first.next();
    await expect(fetch(channel, request(0))).rejects.toMatchObject({ data: { fault: "refused" } });
    await first.return(undefined);
    await expect.poll(() => regions.streams).toBe(0);
    expect(await fetch(channel, request(0))).toHaveLength(3000);
  });

  test("leaves a reader that takes nothing", async () => {
    const impatient = { ...regionService.methods.fetchRegion, answerTimeoutMs: 50 };
    const regions = new RegionServer(shelf, LIFE, { chunkBytes: 1024 });
    const contract = { ...regionService, methods: { fetchRegion: impatient } };
    const server = await nodes.listen([{ ...regions.service(), contract }]);
    const limits = { flowWindowBytes: 65_535 };
    const channel = nodes.channel(server, { role: "worker", limits });
    const chunks = fetchRegion(channel, request(3), { worker: workerName("w2") });
    await chunks.next();
    await expect.poll(() => regions.streams).toBe(0);
    expect(nodes.troubles.join()).toMatch(/took no answer of \/sheaf.v1.RegionService/);
    const rest = async () => {
      for await (const _ of chunks);
    };
    await expect(rest()).rejects.toMatchObject({ data: { fault: "unreachable" } });
  });
});

describe("a region is not fetched", () => {
  test.each([
    ["of another incarnation", request(0, { incarnation: incarnation("life-0") }), "gone"],
    [
      "of an unknown attempt",
      request(0, { producer: { ...producer, attempt: attemptNumber(1) } }),
      "gone",
    ],
    ["of an unknown job", request(0, { producer: { ...producer, job: jobId("job-2") } }), "gone"],
    ["of another phase", request(0, { producer: { ...producer, phase: "reduce" } }), "gone"],
    ["of an unknown partition", request(4), "gone"],
    ["of another length", request(0, { lengthBytes: 2999 }), "gone"],
  ])("%s", async (_which, wanted, fault) => {
    const { channel } = await serve();
    const failed = fetch(channel, wanted);
    await expect(failed).rejects.toMatchObject({ code: "REGION_UNAVAILABLE", data: { fault } });
    await expect(failed).rejects.toThrow(
      /^Cannot fetch region \d of (map|reduce) task 17 .* from w2 at/,
    );
  });

  test("of a job that is forgotten", async () => {
    const { channel } = await serve();
    shelf.forget(JOB);
    await expect(fetch(channel, request(0))).rejects.toMatchObject({ data: { fault: "gone" } });
  });

  const outside = () => writeFileSync(join(root, "secret"), BYTES);
  test.each([
    ["that is cut short", () => truncateSync(path, 1_000_000)],
    ["that is deleted", () => rmSync(path)],
    [
      "that is a link out of the folder",
      () => {
        outside();
        rmSync(path);
        symlinkSync(join(root, "secret"), path);
      },
    ],
    [
      "that is a link within the folder",
      () => {
        renameSync(path, `${path}.moved`);
        symlinkSync(`${path}.moved`, path);
      },
    ],
    [
      "below a folder that is a link out of the folder",
      () => {
        mkdirSync(join(root, "elsewhere"));
        writeFileSync(join(root, "elsewhere", "map-17-0"), BYTES);
        rmSync(join(root, "work", JOB), { recursive: true });
        symlinkSync(join(root, "elsewhere"), join(root, "work", JOB));
      },
    ],
    [
      "that is a folder",
      () => {
        rmSync(path);
        mkdirSync(path);
      },
    ],
  ])("of a file %s", async (_what, damage) => {
    const { channel, regions } = await serve();
    damage();
    await expect(fetch(channel, request(3))).rejects.toMatchObject({ data: { fault: "corrupt" } });
    await expect.poll(() => regions.streams).toBe(0);
  });

  test.each(["../job-1", "/etc/passwd", "..", ".", "job-1/../../secret", "a\0b", "job-1\\..", ""])(
    "of a job called %j",
    async (name) => {
      const { channel } = await serve();
      const wanted = request(0, { producer: { ...producer, job: jobId(name) } });
      const chunks = stub(regionService, channel).fetchRegion(wanted);
      await expect(chunks.next()).rejects.toMatchObject({ code: "MESSAGE_INVALID" });
    },
  );

  test.each([
    ["fewer", [RegionChunk.of(Buffer.alloc(2999))]],
    ["more", [RegionChunk.of(Buffer.alloc(3000)), RegionChunk.of(Buffer.alloc(1))]],
    ["no", []],
  ])("from a server that sends %s bytes than it should", async (_what, chunks) => {
    const lying = service(regionService, {
      async *fetchRegion() {
        yield* chunks;
      },
    });
    const channel = nodes.channel(await nodes.listen([lying]), { role: "worker" });
    await expect(fetch(channel, request(0))).rejects.toMatchObject({ data: { fault: "length" } });
  });

  test("from a server that stops in the middle", async () => {
    const stopping = service(regionService, {
      async *fetchRegion(_request, { signal }) {
        yield RegionChunk.of(Buffer.alloc(1000));
        await once(signal, "abort");
      },
    });
    const channel = nodes.channel(await nodes.listen([stopping]), { role: "worker" });
    const failed = fetch(channel, request(0), { progressTimeoutMs: 100 });
    await expect(failed).rejects.toMatchObject({ data: { fault: "timeout" } });
    await expect(failed).rejects.toThrow(/sent no byte for 100 ms, after 1000 of 3000/);
  });

  test("from a server that dies in the middle", async () => {
    const begun = service(regionService, {
      async *fetchRegion(_request, { signal }) {
        yield RegionChunk.of(Buffer.alloc(1000));
        await once(signal, "abort");
      },
    });
    const server = await nodes.listen([begun]);
    const channel = nodes.channel(server, { role: "worker" });
    const chunks = fetchRegion(channel, request(0), { worker: workerName("w2") });
    await chunks.next();
    await server.close(0);
    await expect(chunks.next()).rejects.toMatchObject({ data: { fault: "unreachable" } });
  });

  test("from where nobody listens", async () => {
    const { server, channel } = await serve();
    await server.close(0);
    await expect(fetch(channel, request(0))).rejects.toMatchObject({
      data: { fault: "unreachable" },
    });
  });

  test("from a black hole: a port that accepts and says nothing", async () => {
    const sockets: Socket[] = [];
    const hole = createServer((socket) => sockets.push(socket)).listen(0, "127.0.0.1");
    await once(hole, "listening");
    const { port } = hole.address() as { port: number };
    const channel = nodes.channel({ host: "127.0.0.1", port }, { role: "worker" });
    const failed = fetch(channel, request(0), { progressTimeoutMs: 100 });
    await expect(failed).rejects.toMatchObject({ data: { fault: "timeout" } });
    for (const socket of sockets) socket.destroy();
    hole.close();
  });

  test("when its reader does not want it any more", async () => {
    const { channel, regions } = await serve({ chunkBytes: 1024 });
    const controller = new AbortController();
    const options = { worker: workerName("w2"), signal: controller.signal };
    const chunks = fetchRegion(channel, request(3), options);
    await chunks.next();
    controller.abort(new Error("the attempt was killed"));
    const rest = async () => {
      for await (const _ of chunks);
    };
    await expect(rest()).rejects.toThrow("the attempt was killed");
    await expect.poll(() => regions.streams).toBe(0);
  });
});
