/**
 * Bugs that real systems once had, as replacements of a text in one file of src/: the product itself
 * has no trace of them. Each must be found by the simulator.
 */

/** See the head of this file. */
export interface Mutation {
  readonly name: string;
  /** Below src/. */
  readonly file: string;
  /** Must be in the file exactly once. */
  readonly find: string;
  readonly replace: string;
}

export const MUTATIONS: readonly Mutation[] = [
  {
    name: "a vote is not written to the disk",
    file: "storage/segments/log-writer.ts",
    find: "await state.writeVote({ term, votedFor });",
    replace: "await state.writeVote({ term, votedFor: undefined });",
  },
  {
    name: "a second vote in one term",
    file: "raft/election.ts",
    find: "const granted = isFree && isSound(state)",
    replace: "const granted = (isFree || true) && isSound(state)",
  },
  {
    name: "a vote for a log that is behind",
    file: "raft/election.ts",
    find: "return lastIndex >= log.lastIndex;",
    replace: "return true;",
  },
  {
    name: "entries of an older term are committed by counting",
    file: "raft/commit.ts",
    find: "if (state.log.termAt(index) !== state.term) return;",
    replace: "",
  },
  {
    name: "a leader counts itself before its disk has the entry",
    file: "raft/commit.ts",
    find: "if (voter === state.id) return state.log.durableIndex;",
    replace: "if (voter === state.id) return state.log.lastIndex;",
  },
  {
    name: "entries are acknowledged before their fsync",
    file: "storage/segments/segment-writer.ts",
    find: "await this.#file.sync();",
    replace: "",
  },
  {
    name: "a new segment's name is not made durable",
    file: "storage/segments/segment-writer.ts",
    find: "await disk.syncFolder();",
    replace: "",
  },
  {
    name: "a snapshot's name is not made durable",
    file: "storage/snapshots/snapshot-file.ts",
    find: "await this.#disk.syncFolder();",
    replace: "",
  },
  {
    name: "an append is accepted behind a gap",
    file: "raft/follower.ts",
    find: "const agrees = prevIndex < state.commitIndex || state.log.matches(prevIndex, prevTerm);",
    replace: "const agrees = prevIndex <= state.log.lastIndex;",
  },
  {
    name: "a late append cuts off what came after it",
    file: "raft/follower.ts",
    find: "return index > log.baseIndex && !log.matches(index, term);",
    replace: "return index > state.commitIndex;",
  },
  {
    name: "a follower commits what its leader has not verified",
    file: "raft/follower.ts",
    find: "state.commitTo(minIndex(message.commitIndex, follower.verifiedIndex));\n  acceptAppend",
    replace: "state.commitTo(minIndex(message.commitIndex, state.log.lastIndex));\n  acceptAppend",
  },
  {
    name: "a member that has lost its log votes",
    file: "raft/election.ts",
    find: "return state.recoveryId === undefined;",
    replace: "return true;",
  },
  {
    name: "a member that has lost its log counts for commitment",
    file: "raft/recovery.ts",
    find: "return peer !== undefined && peer.recovery === undefined;",
    replace: "return peer !== undefined;",
  },
  {
    name: "two changes of the members at once",
    file: "raft/membership-change.ts",
    find: 'if (members.currentIndex > state.commitIndex) return refuse(state, "change-pending");',
    replace: "",
  },
  {
    name: "a read is answered without asking the others",
    file: "master/services/job-calls.ts",
    find: "await replica.read(CONFIRM_MS);",
    replace: "",
  },
  {
    name: "a new leader answers reads before it has committed anything",
    file: "raft/reads.ts",
    find: "if (!hasCommittedInTerm(state)) return leader.reads.hold(origin);",
    replace: "",
  },
  {
    name: "a proposal is acknowledged though another entry took its place",
    file: "replica/proposals.ts",
    find: "if (mine.term === term) mine.resolve();",
    replace: "if (mine.term > 0) mine.resolve();",
  },
  {
    name: "a submission that is repeated is another job",
    file: "master/state/apply-command.ts",
    find: "if (state.submissions.has(command.submission) || state.jobs.has(command.job)) return NONE;",
    replace: "if (state.jobs.has(command.job)) return NONE;",
  },
  {
    name: "a zombie's attempt is accepted",
    file: "scheduler/workers.ts",
    find: "  loseAttempts(transition, worker);\n  loseOutputs",
    replace: "  loseOutputs",
  },
  {
    name: "a completed map is kept after its worker's death",
    file: "scheduler/workers.ts",
    find: "  loseOutputs(transition, worker);\n}",
    replace: "}",
  },
  {
    name: "the counters of a task that ran twice are counted twice",
    file: "master/leader/step-under-way.ts",
    find: "counters.push(kept.counters);",
    replace: "for (let i = 0; i < task.nextAttempt; i++) counters.push(kept.counters);",
  },
  {
    name: "the loser of a race runs on",
    file: "scheduler/transition.ts",
    find: 'if (other.state === "running") this.endAttempt(other, "killed", "lost-race");',
    replace: "",
  },
  {
    name: "the last step is forgotten before its output is published",
    file: "master/leader/job-drivers.ts",
    find: 'if (output.kind === "part") {',
    replace: "if (Boolean(0)) {",
  },
  {
    name: "a worker's end is taken for recorded before the log has it",
    file: "worker/ended-attempts.ts",
    find: "this.#ends.set(attemptKey(end.attempt), end);",
    replace: "",
  },
  {
    name: "a snapshot leaves out which submissions are known",
    file: "master/state/cluster-snapshot.ts",
    find: "this.#state.submissions.set(job.submission, job.id);",
    replace: "",
  },
  {
    name: "a master cannot answer one that it has not heard of in its log",
    file: "master/group/member-addresses.ts",
    find: "if (said === undefined || this.#peers.has(member)) return;",
    replace: "return;",
  },
];
