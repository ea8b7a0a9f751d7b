import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { jobId, memberId } from "../../base/ids.ts";
import { RAFT_LIMITS_DEFAULT } from "../../raft/limits.ts";
import type { ClusterCommand } from "../state/cluster-command.ts";
import { decodeCommand } from "../state/command-codec.ts";
import { CommandQueue } from "./command-queue.ts";

const cancel = (job: string): ClusterCommand => ({ type: "request-cancel", job: jobId(job) });
/** Nothing can compress it. */
const tooLarge: ClusterCommand = {
  type: "set-member-address",
  member: memberId(1),
  address: randomBytes(2 * RAFT_LIMITS_DEFAULT.proposalBytesMax).toString("latin1"),
};

test("a command that no entry of the log can hold is refused, and the others are not", async () => {
  const logged: ClusterCommand[] = [];
  const bugs: unknown[] = [];
  const queue = new CommandQueue({
    log: { append: async (commands) => void logged.push(...commands.map(decodeCommand)) },
    settled: () => {},
    onBug: (thrown) => bugs.push(thrown),
  });
  const before = queue.commit(cancel("a"));
  const refusal = { code: "LIMIT_REACHED", message: expect.stringMatching(/are the most/) };
  await expect(queue.commit(tooLarge)).rejects.toMatchObject(refusal);
  expect(() => queue.propose(tooLarge)).toThrow(expect.objectContaining(refusal));
  await before;
  await queue.commit(cancel("b"));
  expect(logged).toEqual([cancel("a"), cancel("b")]);
  expect(bugs).toEqual([]);
});
