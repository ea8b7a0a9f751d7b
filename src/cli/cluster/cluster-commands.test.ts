/**
 * The commands about a cluster itself, wrong calls, and who may call: called in this process and
 * answered by real servers on loopback.
 */

import { copyFileSync, mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { callCluster } from "../../../test/support/call-cluster.ts";
import { ClusterCertificates } from "../../../test/support/cluster-certificates.ts";
import { FakeProcess } from "../../../test/support/fake-process.ts";
import { ScriptedCluster } from "../../../test/support/scripted-cluster.ts";
import { memberId } from "../../base/ids.ts";
import { AUTHORITY_FILE } from "../../rpc/certificates/certificate-folder.ts";

let masters: ScriptedCluster;
beforeEach(async () => {
  masters = await ScriptedCluster.start({ masters: 2 });
});
afterEach(() => masters.close());

const call = (words: string, process?: FakeProcess) => callCluster(masters, words, process);

describe("sheaf cluster", () => {
  test("prints masters and workers as the leader knows them, whichever is asked", async () => {
    masters.lead(1);
    for (const words of ["cluster", "cluster status"]) {
      const { exitCode, stdout, stderr } = await call(words);
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
      const [one, other] = [masters.address(0), masters.address(1)];
      expect(
        stdout,
      ).toBe(`2 masters, 1 live worker, 3 of 4 slots busy, term 2, log 1,234, committed 1,230, snapshot 1,000, Sheaf 1.2.3

MASTER  ADDRESS          ROLE      REACHABLE    LOG  BEHIND
     1  ${one}  follower  yes        1,234       0
     2  ${other}  leader    yes        1,234       0

WORKER  STATE     BUSY       HEARD  ADDRESS         HOST   RACK
w1      live       3/4  240 ms ago  10.0.0.11:7078  box-1  -
w2      excluded   0/4  510 ms ago  10.0.0.12:7078  box-2  r7    5 tasks failed on it
`);
    }
  });

  test("--json: one document", async () => {
    const { stdout } = await call("cluster --json");
    const status = JSON.parse(stdout);
    expect(status).toMatchObject({ leader: 1, term: 1, version: "1.2.3" });
    expect(status.workers[1]).toMatchObject({ worker: "w2", state: "excluded" });
  });

  test("without a leader prints what each master knows of itself, and ends with 3", async () => {
    masters.lead(undefined);
    await masters.kill(1);
    const { exitCode, stdout, stderr } = await call("cluster --wait 200ms");
    expect(exitCode).toBe(3);
    const [one, other] = [masters.address(0), masters.address(1)];
    expect(stdout).toBe(`ADDRESS          MASTER  ROLE       TERM    LOG
${one}       1  candidate     2  1,234
${other}       -  no answer     -      -  nothing listens there (ECONNREFUSED)
`);
    expect(stderr).toContain(`\n  ${one}: it does not lead, and knows of no leader\n`);
    const { stdout: json } = await call("cluster status --wait 200ms --json");
    expect(JSON.parse(json).masters.map(({ peer }: { peer: string }) => peer)).toEqual([
      one,
      other,
    ]);
  });
});

describe("sheaf cluster replace", () => {
  test("has the leader put a new master, of the next number, in the place of an old one", async () => {
    masters.lead(1);
    const { exitCode, stdout, stderr } = await call("cluster replace 1=10.0.0.4:7077");
    expect(exitCode).toBe(0);
    expect(masters.replacements).toEqual([{ old: 1, new: 3, newAddress: "10.0.0.4:7077" }]);
    expect(stderr).toBe(
      "Master 3 at 10.0.0.4:7077 is to take the place of master 1; it must run as --id 3. Waiting " +
        "until it has the log and a vote.\n",
    );
    expect(stdout).toContain("     3  10.0.0.4:7077    follower  yes");
  });

  test("takes a number for the new one, and with --json prints the masters as they are then", async () => {
    const { stdout, stderr } = await call("cluster replace 2=[::1]:7077 --id 9 --json");
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toMatchObject({ old: 2, new: 9, newAddress: "[::1]:7077" });
    expect(JSON.parse(stdout).members).toHaveLength(2);
  });

  test("goes on with one that joins already, and asks which one is meant if it is elsewhere", async () => {
    const learner = { member: memberId(7), address: "10.0.0.7:7077", role: "learner" } as const;
    masters.joining.push({ ...learner, isReachable: false, matchIndex: 0 });
    const { exitCode, stderr } = await call("cluster replace 1=10.0.0.9:7077");
    expect({ exitCode, stderr }).toEqual({
      exitCode: 2,
      stderr:
        "error: Master 7 at 10.0.0.7:7077 is on its way into the group already. Add --id 7 to go on " +
        "with it at 10.0.0.9:7077, or --id 8 for another one.\n",
    });
    expect(masters.replacements).toEqual([]);
    await call("cluster replace 1=10.0.0.7:7077");
    expect(masters.replacements).toEqual([{ old: 1, new: 7, newAddress: "10.0.0.7:7077" }]);
  });

  test.each([
    ["", "No master was given to replace. Usage: sheaf cluster replace OLD_ID=HOST:PORT [options]"],
    [" 3=10.0.0.4:7077", "There is no master 3 to replace: the masters are 1, 2."],
    [
      " 10.0.0.4:7077",
      '"10.0.0.4:7077" names no master: write the number of the one that goes, "=", and where the new one listens, such as 2=10.0.0.4:7077.',
    ],
    [" 2=10.0.0.4", 'The new master takes HOST:PORT, such as 127.0.0.1:7077, not "10.0.0.4".'],
    [" 2=a:1 --id 0", '--id takes a whole number from 1 to 4,294,967,295, not "0".'],
  ])("refuses%s", async (words, message) => {
    const { exitCode, stderr } = await call(`cluster replace${words}`);
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: `error: ${message}\n` });
    expect(masters.replacements).toEqual([]);
  });
});

describe("a call that is wrong ends with 2", () => {
  test.each([
    ["status", "No job was given. Usage: sheaf status JOB [options]"],
    ["cancel", "No job was given. Usage: sheaf cancel JOB [options]"],
    ["logs", "No job was given. Usage: sheaf logs JOB [options]"],
    ["status ../../etc", '"../../etc" is no id of a job. To see the jobs: sheaf jobs'],
    ["status j-404", 'There is no job "j-404". To see the jobs: sheaf jobs'],
    ["status j-404 --follow", 'There is no job "j-404". To see the jobs: sheaf jobs'],
    ["logs j-404", 'There is no job "j-404". To see the jobs: sheaf jobs'],
    ["cancel j-404", 'There is no job "j-404". To see the jobs: sheaf jobs'],
    ["jobs --limit 0", '--limit takes a whole number of 1 or more, not "0".'],
    [
      "jobs --masters 10.0.0.1",
      '--masters takes HOST:PORT, such as 127.0.0.1:7077, not "10.0.0.1".',
    ],
    [
      "jobs --masters ,",
      "No masters were given: add --masters HOST:PORT,... or set SHEAF_MASTERS to the same.",
    ],
    [
      "jobs --wait soon",
      '--wait takes a duration, not "soon": write a number and a unit, such as 500ms, 30s, 5m or 1h.',
    ],
    [
      "jobs --certs /nowhere",
      "Cannot read /nowhere/ca.pem: ENOENT: no such file or directory, open '/nowhere/ca.pem'.",
    ],
    [
      "jobs --token-file /nowhere",
      "Cannot read the token in /nowhere: ENOENT: no such file or directory, open '/nowhere'.",
    ],
    [
      "jobs extra",
      "Too many arguments for 'jobs'. Expected 0 arguments but got 1. See \"sheaf jobs --help\".",
    ],
    [
      "cluster stauts",
      "Too many arguments for 'status'. Expected 0 arguments but got 1. See \"sheaf cluster --help\".",
    ],
  ])("sheaf %s", async (words, message) => {
    expect(await call(words)).toEqual({ exitCode: 2, stdout: "", stderr: `error: ${message}\n` });
  });

  test("an address off this machine without TLS", async () => {
    const { exitCode, stderr } = await call("jobs --masters 192.0.2.1:7077");
    expect(exitCode).toBe(2);
    expect(stderr).toContain("Cannot call 192.0.2.1:7077 without TLS");
  });

  test("no masters at all", async () => {
    const process = new FakeProcess();
    process.env.SHEAF_MASTERS = "";
    expect((await call("jobs", process)).stderr).toContain("No masters were given");
  });
});

describe("who may call", () => {
  let certificates: ClusterCertificates;
  let safe: ScriptedCluster;
  beforeAll(async () => {
    certificates = new ClusterCertificates();
    const { token } = certificates;
    safe = await ScriptedCluster.start({ tls: certificates.good("master"), token });
    safe.add("j-1");
  });
  afterAll(async () => {
    await safe.close();
    certificates.remove();
  });

  const good = () => `--certs ${certificates.folder("good")}`;

  test("who has a folder that sheaf certs made", async () => {
    const { exitCode, stdout } = await call(`jobs --json --masters ${safe.masters} ${good()}`);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout).job).toBe("j-1");
  });

  test("who names that folder in $SHEAF_CERTS; --certs counts for more", async () => {
    const process = new FakeProcess();
    process.env.SHEAF_CERTS = certificates.folder("good");
    const words = `jobs --masters ${safe.masters}`;
    expect((await call(words, process)).exitCode).toBe(0);
    const foreign = `--wait 200ms --certs ${certificates.folder("foreign")}`;
    expect((await call(`${words} ${foreign}`, process)).exitCode).toBe(3);
  });

  test.each(["--token-file", "$SHEAF_TOKEN"])(
    "not who gives a wrong token by %s and has no certificate: 2",
    async (way) => {
      const { folder, process } = anonymous(certificates);
      const words = `jobs --masters ${safe.masters} --certs ${folder}`;
      if (way === "$SHEAF_TOKEN") process.env.SHEAF_TOKEN = "x".repeat(20);
      const flag = way === "$SHEAF_TOKEN" ? "" : ` --token-file ${wrongToken(folder)}`;
      const { exitCode, stdout, stderr } = await call(words + flag, process);
      expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
      expect(stderr).toContain("The call needs the client token");
      expect(stderr).not.toContain("xxxx");
    },
  );

  test("who has the authority's certificate, and the token in $SHEAF_TOKEN", async () => {
    const { folder, process } = anonymous(certificates);
    process.env.SHEAF_TOKEN = certificates.token.header.replace("Bearer ", "");
    const words = `jobs --masters ${safe.masters} --certs ${folder}`;
    expect((await call(words, process)).exitCode).toBe(0);
  });

  test("not who trusts another authority: 3, and why", async () => {
    const words = `jobs --wait 200ms --masters ${safe.masters} --certs ${certificates.folder("foreign")}`;
    const { exitCode, stderr } = await call(words);
    expect(exitCode).toBe(3);
    expect(stderr).toContain(`${safe.masters}: its certificate is signed by another authority\n`);
  });

  test("not who comes without TLS: 3, and why", async () => {
    const { exitCode, stderr } = await call(`jobs --wait 200ms --masters ${safe.masters}`);
    expect(exitCode).toBe(3);
    expect(stderr).toContain(
      `${safe.masters}: it hung up before a call was made; perhaps it wants TLS`,
    );
  });
});

/** A folder with the authority's certificate alone, and a process to call from. */
function anonymous(certificates: ClusterCertificates) {
  const folder = mkdtempSync(join(certificates.folder("good"), "anonymous-"));
  copyFileSync(join(certificates.folder("good"), AUTHORITY_FILE), join(folder, AUTHORITY_FILE));
  return { folder, process: new FakeProcess() };
}

function wrongToken(folder: string): string {
  const path = join(folder, "token");
  writeFileSync(path, "x".repeat(20));
  return path;
}
