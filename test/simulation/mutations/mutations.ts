/**
 * Bugs that real systems once had, as replacements of texts in files of src/: the product itself has no
 * trace of them. Each must be found by the simulator.
 */

/** A text of one file, and what takes its place. */
export interface Edit {
  /** Below src/. */
  readonly file: string;
  /** Must be in the file exactly once. */
  readonly find: string;
  readonly replace: string;
}

/** See the head of this file. Where a second line of defence would hide the bug, that goes as well. */
export interface Mutation {
  readonly name: string;
  readonly edits: readonly Edit[];
}

export const MUTATIONS: readonly Mutation[] = [
  {
    name: "a vote is not written to the disk",
    edits: [
      {
        file: "storage/segments/log-writer.ts",
        find: "await state.writeVote({ term, votedFor });",
        replace: "await state.writeVote({ term, votedFor: undefined });",
      },
    ],
  },
  {
    name: "a second vote in one term",
    edits: [
      {
        file: "raft/election.ts",
        find: "const granted = isFree && mayVote",
        replace: "const granted = (isFree || true) && mayVote",
      },
    ],
  },
  {
    name: "a term begins without a pre-vote",
    edits: [
      {
        file: "raft/election.ts",
        find: "if (mayStand(state)) return startPreVote(state);",
        replace: "if (mayStand(state)) return startElection(state, false);",
      },
    ],
  },
  {
    name: "a vote for a log that is behind",
    edits: [
      {
        file: "raft/election.ts",
        find: "return lastIndex >= log.lastIndex;",
        replace: "return true;",
      },
    ],
  },
  {
    name: "entries of an older term are committed by counting",
    edits: [
      {
        file: "raft/commit.ts",
        find: "if (state.log.termAt(index) !== state.term) return;",
        replace: "",
      },
    ],
  },
  {
    name: "a leader counts itself before its disk has the entry",
    edits: [
      {
        file: "raft/commit.ts",
        find: "if (voter === state.id) return state.log.durableIndex;",
        replace: "if (voter === state.id) return state.log.lastIndex;",
      },
    ],
  },
  {
    name: "entries are acknowledged before their fsync",
    edits: [
      {
        file: "storage/segments/segment-writer.ts",
        find: "await this.#file.sync();",
        replace: "",
      },
    ],
  },
  {
    name: "a new segment's name is not made durable",
    edits: [
      {
        file: "storage/segments/segment-writer.ts",
        find: "await disk.syncFolder();",
        replace: "",
      },
    ],
  },
  {
    name: "a snapshot's name is not made durable",
    edits: [
      {
        file: "storage/snapshots/snapshot-file.ts",
        find: "await this.#disk.syncFolder();",
        replace: "",
      },
    ],
  },
  {
    name: "an append is accepted behind another leader's entries",
    edits: [
      {
        file: "raft/follower.ts",
        find: "const agrees = prevIndex < state.commitIndex || state.log.matches(prevIndex, prevTerm);",
        replace: "const agrees = prevIndex <= state.log.lastIndex;",
      },
    ],
  },
  {
    name: "an append is accepted behind a gap that a snapshot has left",
    edits: [
      {
        file: "raft/follower.ts",
        find: "const agrees = prevIndex < state.commitIndex || state.log.matches(prevIndex, prevTerm);",
        replace: "const agrees = (state.log.termAt(prevIndex) ?? prevTerm) === prevTerm;",
      },
    ],
  },
  {
    name: "a late append cuts off what came after it",
    edits: [
      {
        file: "raft/follower.ts",
        find: "return index > log.baseIndex && !log.matches(index, term);",
        replace: "return index > state.commitIndex;",
      },
    ],
  },
  {
    name: "a heartbeat commits what its leader has not verified",
    edits: [
      {
        file: "raft/replication.ts",
        find: "const commitIndex = minIndex(state.commitIndex, peer.matchIndex);",
        replace: "const { commitIndex } = state;",
      },
      {
        file: "raft/follower.ts",
        find: "follower.verifiedIndex));\n  finishRecovery",
        replace: "state.log.lastIndex));\n  finishRecovery",
      },
    ],
  },
  {
    name: "an empty disk is taken for a beginning",
    edits: [
      {
        file: "replica/data-folder.ts",
        find: "if (!isAlone) return",
        replace: 'if (!isAlone && verdict.kind === "damaged") return',
      },
    ],
  },
  {
    name: "a member that has lost its log votes",
    edits: [
      {
        file: "raft/election.ts",
        find: "return state.recoveryId === undefined;",
        replace: "return true;",
      },
    ],
  },
  {
    name: "a member that has lost its log counts for commitment",
    edits: [
      {
        file: "raft/recovery.ts",
        find: "return peer !== undefined && peer.recovery === undefined;",
        replace: "return peer !== undefined;",
      },
    ],
  },
  {
    name: "two changes of the members at once",
    edits: [
      {
        file: "raft/membership-change.ts",
        find: 'if (members.currentIndex > state.commitIndex) return refuse(state, "change-pending");',
        replace: "",
      },
    ],
  },
  {
    name: "a read is answered without asking the others",
    edits: [
      {
        file: "master/services/job-calls.ts",
        find: "await replica.read(CONFIRM_MS);",
        replace: "",
      },
    ],
  },
  {
    name: "a new leader answers before it has applied what others have committed",
    edits: [
      {
        file: "raft/reads.ts",
        find: "if (!hasCommittedInTerm(state)) return leader.reads.hold(origin);",
        replace: "",
      },
      {
        file: "replica/leadership.ts",
        find: "    if (standing.isRemoved",
        replace:
          "    if (leads && this.#actsIn !== term) this.#observer.onLeading((this.#actsIn = term));\n" +
          "    if (standing.isRemoved",
      },
    ],
  },
  {
    name: "a submission that is repeated is another job",
    edits: [
      {
        file: "master/state/apply-command.ts",
        find: "if (state.submissions.has(command.submission) || state.jobs.has(command.job)) return NONE;",
        replace: "if (state.jobs.has(command.job)) return NONE;",
      },
    ],
  },
  {
    name: "a zombie's attempt is accepted",
    edits: [
      {
        file: "scheduler/workers.ts",
        find: "  loseAttempts(transition, worker, how);\n  loseOutputs",
        replace: "  loseOutputs",
      },
    ],
  },
  {
    name: "a completed map is kept after its worker's death",
    edits: [
      {
        file: "scheduler/workers.ts",
        find: "  loseOutputs(transition, worker);\n}",
        replace: "}",
      },
    ],
  },
  {
    name: "the counters of a task that ran twice are counted twice",
    edits: [
      {
        file: "master/leader/step-under-way.ts",
        find: "counters.push(kept.counters);",
        replace: "for (let i = 0; i < task.nextAttempt; i++) counters.push(kept.counters);",
      },
    ],
  },
  {
    name: "the loser of a race runs on",
    edits: [
      {
        file: "scheduler/transition.ts",
        find: 'if (other.state === "running") this.endAttempt(other, "killed", "lost-race");',
        replace: "",
      },
    ],
  },
  {
    name: "the last step is forgotten before its output is published",
    edits: [
      {
        file: "master/leader/job-drivers.ts",
        find: 'if (output.kind === "part") {',
        replace: "if (Boolean(0)) {",
      },
    ],
  },
  {
    name: "a worker's end is taken for recorded before the log has it",
    edits: [
      {
        file: "worker/ended-attempts.ts",
        find: "this.#ends.set(attemptKey(end.attempt), end);",
        replace: "",
      },
    ],
  },
  {
    name: "a region counts whose map attempt was replaced",
    edits: [
      {
        file: "worker/fetch/map-regions.ts",
        find: "entry.controller.abort(replaced());",
        replace: "",
      },
      {
        file: "worker/fetch/map-regions.ts",
        find: "known?.controller.abort(replaced());",
        replace: "",
      },
    ],
  },
  {
    name: "a snapshot leaves out which submissions are known",
    edits: [
      {
        file: "master/state/cluster-snapshot.ts",
        find: "this.#state.submissions.set(job.submission, job.id);",
        replace: "",
      },
    ],
  },
  {
    name: "a master cannot answer one that it has not heard of in its log",
    edits: [
      {
        file: "master/group/member-addresses.ts",
        find: "if (said === undefined || this.#peers.has(member)) return;",
        replace: "return;",
      },
    ],
  },
];
