import { simulate } from "./simulation.ts";

const from = Number(process.argv[2] ?? 1),
  count = Number(process.argv[3] ?? 1);
const t = performance.now();
for (let s = from; s < from + count; s++) {
  const t0 = performance.now();
  const r = await simulate(s, { keepsLines: count === 1 });
  console.log(
    s,
    r.hash,
    r.events,
    r.commands,
    Math.round(r.virtualMs),
    Math.round(performance.now() - t0) + "ms",
    (r.problem as Error)?.stack
      ?.split("\n")
      .slice(0, count === 1 ? 12 : 2)
      .join(" | ") ?? "ok",
  );
  if (r.problem && count === 1) {
    console.log(r.lines.slice(-Number(process.argv[4] ?? 0)).join("\n"));
    console.log(r.faults.map((f) => JSON.stringify(f)).join("\n"), r.standing);
  }
}
console.log((performance.now() - t) / count);
