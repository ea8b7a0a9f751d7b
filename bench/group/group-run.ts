/** One measurement of a group: its members are processes, and whoever leads proposes and tells. */

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import path from "node:path";

/** What is measured. */
export interface GroupRun {
  /** The repository. */
  readonly root: string;
  readonly scratch: string;
  readonly members: number;
  readonly commands: number;
}

/** What a member is started with, as JSON on its command line. */
export interface MemberPart {
  readonly id: number;
  readonly members: number;
  readonly folder: string;
  readonly commands: number;
}

/** What a member says: where it listens, and how long the commands took that it proposed as leader. */
export type MemberSaid = { readonly port: number } | { readonly seconds: number };

/** What it is told when all listen, by the ids 1, 2, 3, ... */
export interface MemberTold {
  readonly ports: readonly number[];
}

/** Starts a group with empty disks, has its leader propose all commands, and ends it. */
export async function commandsPerSecond(run: GroupRun): Promise<number> {
  const folders = path.join(run.scratch, "group");
  const members = Array.from({ length: run.members }, (_, index) => {
    const folder = path.join(folders, String(index + 1));
    const { members: count, commands } = run;
    return start(run.root, { id: index + 1, members: count, folder, commands });
  });
  try {
    const ports = await Promise.all(members.map(async (member) => (await portOf(member)).port));
    const timed = Promise.race(members.map(secondsOf));
    for (const member of members) member.send({ ports } satisfies MemberTold);
    return run.commands / (await timed).seconds;
  } finally {
    for (const member of members) if (member.connected) member.disconnect();
    await Promise.all(members.map(ended));
    rmSync(folders, { recursive: true, force: true });
  }
}

function start(root: string, part: MemberPart): ChildProcess {
  const words = [path.join("bench", "group", "member-node.ts"), JSON.stringify(part)];
  return fork(path.join(root, "scripts", "ts.mjs"), words, { cwd: root });
}

async function portOf(member: ChildProcess): Promise<{ readonly port: number }> {
  return (await answerOf(member)) as { port: number };
}

async function secondsOf(member: ChildProcess): Promise<{ readonly seconds: number }> {
  return (await answerOf(member)) as { seconds: number };
}

async function answerOf(member: ChildProcess): Promise<MemberSaid> {
  const over = new AbortController();
  const failed = ended(member).then(() => {
    throw new Error(`A member of the group ended with ${member.signalCode ?? member.exitCode}.`);
  });
  failed.catch(() => {});
  try {
    const said = once(member, "message", { signal: over.signal });
    return ((await Promise.race([said, failed])) as [MemberSaid])[0];
  } finally {
    over.abort();
  }
}

/** Also of one that has already. */
async function ended(member: ChildProcess): Promise<void> {
  if (member.exitCode === null && member.signalCode === null) await once(member, "exit");
}
