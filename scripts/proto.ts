/**
 * `npm run proto`: judges the .proto files with buf, and makes src/rpc/generated of them. A test
 * fails where a file there is not what this would write.
 */

import { renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { buf, GENERATED, generate } from "./proto/generate.ts";

const root = process.cwd();
process.stdout.write(buf(root, ["lint"]));
// Beside its place, so that a failure leaves what is there.
const fresh = join(root, `${GENERATED}.new`);
generate(root, fresh);
rmSync(join(root, GENERATED), { recursive: true, force: true });
renameSync(fresh, join(root, GENERATED));
console.log(`Wrote ${GENERATED}.`);
