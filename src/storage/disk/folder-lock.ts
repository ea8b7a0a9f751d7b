/**
 * One process at a time owns a data folder: two would give two votes in a term. The owner listens on
 * a socket in the folder, under a name that nobody else uses. Who wants the folder listens first, and
 * then knocks at every other socket there.
 *
 * Why that is sound. Of two processes, the one that looks around last finds the other's socket, since
 * both put up theirs before; so never both go on (both may give up, and may try again). Whether an
 * owner lives is the kernel's answer: it refuses a connection to the socket of a dead process, however
 * that died, and also tells where a process number says nothing, as between containers that share a
 * folder. A socket of a dead owner is removed by its name, which no later owner has, so a slow
 * remover takes nothing from anybody.
 *
 * A kernel knows its own processes alone. The name therefore tells the machine and its boot, and a
 * socket of another machine that shares the disk counts as alive, until a person removes it.
 */

import { randomBytes } from "node:crypto";
import { closeSync, openSync } from "node:fs";
import { readdir, readFile, unlink } from "node:fs/promises";
import { connect, createServer, type Server } from "node:net";
import { hostname } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { messageOf, SheafError, systemCodeOf } from "../../base/error.ts";
import { OWNER_PREFIX } from "../file-names.ts";

/** A folder that this process owns, until it is released or the process ends. */
export interface FolderLock {
  release(): Promise<void>;
}

const NAME = /^owner-([0-9a-f]{8})-([0-9a-f]{8})-(\d+)-[0-9a-f]{8}$/;

/** Becomes the owner of a folder. @throws SheafError `DATA_IN_USE` or `DATA_FAILED`. */
export async function lockFolder(folder: string): Promise<FolderLock> {
  try {
    return await lock(folder);
  } catch (error) {
    throw error instanceof SheafError ? error : cannotLock(folder, error);
  }
}

/** Makes sure that nobody owns a folder, and leaves no trace. @throws SheafError `DATA_IN_USE`. */
export async function checkUnused(folder: string): Promise<void> {
  const place = new SocketPlace(folder);
  try {
    await deadOwners(folder, place, undefined);
  } finally {
    place.close();
  }
}

async function lock(folder: string): Promise<FolderLock> {
  const { machine, boot } = await thisMachine();
  const own = `${OWNER_PREFIX}${machine}-${boot}-${process.pid}-${randomBytes(4).toString("hex")}`;
  const place = new SocketPlace(folder);
  let server: Server | undefined;
  const release = async (): Promise<void> => {
    // Closing the server removes its socket, while the place is still there to find it.
    await new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve()));
    place.close();
  };
  try {
    server = await listen(place.path(own));
    for (const name of await deadOwners(folder, place, own)) {
      await unlink(join(folder, name)).catch(() => {});
    }
  } catch (error) {
    await release();
    throw error;
  }
  return { release };
}

/** The sockets of dead owners. Throws `DATA_IN_USE` where one is alive, but for this process's own. */
async function deadOwners(
  folder: string,
  place: SocketPlace,
  own: string | undefined,
): Promise<string[]> {
  const { machine, boot } = await thisMachine();
  const names = (await readdir(folder)).filter((name) => name.startsWith(OWNER_PREFIX));
  const others = names.filter((name) => name !== own);
  for (const name of others) {
    const [, itsMachine, itsBoot, pid] = NAME.exec(name) ?? [];
    const isHere = itsMachine === machine || itsBoot === boot;
    if (!isHere || (await answers(place.path(name)))) {
      throw inUse(folder, name, isHere ? pid : undefined);
    }
  }
  return others;
}

/**
 * The path of a socket is short (107 bytes on Linux), that of a data folder may be long. Linux can
 * name the folder by a descriptor of it: a plain one, which nobody closes before its time.
 */
class SocketPlace {
  readonly #folder: string;
  readonly #descriptor: number | undefined;

  constructor(folder: string) {
    this.#folder = folder;
    this.#descriptor = process.platform === "linux" ? openSync(folder, "r") : undefined;
  }

  path(name: string): string {
    const fd = this.#descriptor;
    return join(fd === undefined ? this.#folder : `/proc/self/fd/${fd}`, name);
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
  }
}

function listen(path: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((visitor) => visitor.destroy());
    server.once("error", reject);
    // The lock keeps no process alive that has nothing else to do.
    server.unref().listen(path, () => {
      server.off("error", reject);
      // One that came and could not be taken in has got its answer from the kernel already.
      server.on("error", () => {});
      resolve(server);
    });
  });
}

/** Whether a process listens. All but the kernel's clear refusal counts as one. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const visitor = connect(path);
    visitor.once("connect", () => {
      visitor.destroy();
      resolve(true);
    });
    visitor.once("error", (error) => {
      const code = systemCodeOf(error);
      resolve(code !== "ECONNREFUSED" && code !== "ENOENT");
    });
  });
}

/** By its name, and by its boot, where the system tells one from another. */
async function thisMachine(): Promise<{ readonly machine: string; readonly boot: string }> {
  const bootId = await readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => "");
  return { machine: hex(crc32(hostname())), boot: hex(crc32(bootId)) };
}

function hex(number: number): string {
  return number.toString(16).padStart(8, "0");
}

function inUse(folder: string, socket: string, pid: string | undefined): SheafError {
  const who =
    pid === undefined
      ? `a process on another machine. If that machine is gone for good, remove ${join(folder, socket)}`
      : `the process ${pid}. Stop it first, or choose another folder`;
  return new SheafError("DATA_IN_USE", `Cannot use ${folder}: it is in use by ${who}.`, {
    data: { path: folder, socket, ...(pid === undefined ? {} : { pid: Number(pid) }) },
  });
}

function cannotLock(folder: string, thrown: unknown): SheafError {
  return new SheafError(
    "DATA_FAILED",
    `Cannot make a socket in ${folder}, which tells other processes that it is in use: ` +
      `${messageOf(thrown)}. Choose a folder on a disk of this machine.`,
    { data: { path: folder, systemCode: systemCodeOf(thrown) }, cause: thrown },
  );
}
