// Loaded by `node --require` into a service that the bug bank starts, and by nothing else. The product's own code has no switches.
import { writeSync } from "node:fs";
import { plantedBugs } from "./planted";
import { plantOnLoad } from "./seams";

const name = process.env.PLANTED_BUG;
const bug = plantedBugs.find((one) => one.name === name);
if (process.env.NODE_ENV !== "chaos" || bug === undefined) {
  writeSync(
    2,
    `PLANTED_BUG is "${name}": bugs are planted by the reliability harness alone, with NODE_ENV=chaos.\n`,
  );
  process.exit(78);
}
const told = new Set<string>();
const tell = (what: "planted" | "reached") => {
  if (told.has(what)) return;
  told.add(what);
  writeSync(1, `${JSON.stringify({ level: "warn", bug: name, [what]: true })}\n`);
};
plantOnLoad(
  bug.seam(() => tell("reached")),
  () => tell("planted"),
);
