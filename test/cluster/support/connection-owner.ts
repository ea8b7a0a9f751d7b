/**
 * Whose a connection of this machine is: the process that has the other end of it open. Linux tells, in
 * its tables of connections and of open files, whatever the process is told to call and by whom.
 */

import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import type { Socket } from "node:net";

/** Elsewhere there are no such tables. */
export const TELLS_OWNERS = process.platform === "linux";

/** Which of these processes has the other end; undefined if none of them has. */
export function ownerOf(socket: Socket, pids: Iterable<number>): number | undefined {
  const inode = inodeOfOther(socket);
  if (inode === undefined) return undefined;
  for (const pid of pids) if (hasOpen(pid, `socket:[${inode}]`)) return pid;
  return undefined;
}

/** A line: number, the end's own address and the other's as HEX:PORT, state, six more, and the inode. */
function inodeOfOther({ localPort, remotePort }: Socket): string | undefined {
  if (localPort === undefined || remotePort === undefined) return undefined;
  const [own, other] = [hexPort(remotePort), hexPort(localPort)];
  for (const line of readFileSync("/proc/net/tcp", "latin1").split("\n")) {
    const words = line.trim().split(/\s+/);
    if (words[1]?.endsWith(own) && words[2]?.endsWith(other)) return words[9];
  }
  return undefined;
}

function hexPort(port: number): string {
  return `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
}

function hasOpen(pid: number, file: string): boolean {
  const folder = `/proc/${pid}/fd`;
  try {
    return readdirSync(folder).some((name) => linkOf(`${folder}/${name}`) === file);
  } catch {
    // It has ended.
    return false;
  }
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    // Closed since it was listed.
    return undefined;
  }
}
