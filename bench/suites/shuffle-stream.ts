/**
 * What gRPC costs the shuffle: one fetch of one region, against a plain socket of Node, without TLS
 * and with it. Both are the bytes of one file from one process to another.
 */

import path from "node:path";
import { makeCertificateFolder } from "../../src/rpc/certificates/certificate-folder.ts";
import { bytesInOrder } from "../measure/answers.ts";
import { median, sizeText } from "../report/figures.ts";
import { type Transfer, transfer } from "../shuffle/transfer.ts";
import type { Check, Setting, Suite, SuiteMaker } from "../suite.ts";

const RATIO_MIN = 0.6;
const ROUNDS = 5;

export const shuffleStream: SuiteMaker = {
  id: "shuffle-stream",
  make({ sizeBytes, data, tools }: Setting): Suite {
    const size = 2 * sizeBytes;
    const file = data.records(size);
    const check = (tls: boolean): Check => ({
      name: `a fetch against a socket, TLS ${tls ? "on" : "off"}`,
      tool: tools.sheaf,
      run: (scratch) => compare(tools.sheaf.root, { file, sizeBytes: size, tls }, scratch),
    });
    return {
      title: "Shuffle stream",
      input: `one region of ${sizeText(size)}, over loopback`,
      inputPaths: [file],
      contenders: [],
      answer: bytesInOrder,
      goals: [],
      checks: [check(false), check(true)],
    };
  },
};

/** Both ways in turn; the median of the ratios of the rounds. */
async function compare(
  root: string,
  what: Pick<Transfer, "file" | "sizeBytes" | "tls">,
  scratch: string,
): Promise<{ found: string; met: boolean }> {
  const certificates = path.join(scratch, "certs");
  const authorityFolder = undefined;
  makeCertificateFolder({
    ...{ folder: certificates, hosts: [], days: 1, authorityFolder, nowMs: Date.now() },
  });
  const regions: number[] = [];
  const sockets: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    regions.push(await transfer(root, { ...what, kind: "region", certificates }));
    sockets.push(await transfer(root, { ...what, kind: "socket", certificates }));
  }
  const ratio = median(regions.map((rate, round) => rate / sockets[round]!));
  const rates = `${sizeText(median(regions))}/s of ${sizeText(median(sockets))}/s`;
  return { found: `${ratio.toFixed(2)} (${rates}; goal ${RATIO_MIN})`, met: ratio >= RATIO_MIN };
}
