import { htmlOf } from "./html";
import { openRecorder } from "./recorder";
import type { RunReport } from "./run-report";

const platform = {
  cpu: "a cpu",
  cores: 2,
  memoryGb: 4,
  system: "linux",
  node: "v20",
  postgres: "18",
  nats: "2.9",
  commit: "abc",
};

function reportOf(passed: boolean): RunReport {
  const record = openRecorder();
  record.claim("I1 <stock> adds up", passed, "3 levels");
  record.fault("kill -9", "orders");
  record.count("operations tried", 5);
  record.row("points", ["point", "hits"]);
  record.row("points", ["after the commit", "1"]);
  for (const second of [0, 1, 2]) record.sample({ at: Date.now() + second * 1_000, ms: 12, answered: true });
  const again = passed ? {} : { again: "SEED=7 CHECK=kill-storm make chaos" };
  const run = {
    name: "kill-storm",
    number: 2,
    about: "Kills.",
    sizes: {},
    seconds: 3,
    passed,
    ...again,
    report: record.report(),
  };
  return { seed: 7, size: "reduced", startedAt: "2026-01-01T00:00:00Z", seconds: 3, platform, checks: [run] };
}

test("the page shows seed, claims, counts, tables and charts, and needs nothing from elsewhere", () => {
  const page = htmlOf(reportOf(true));
  for (const part of [
    "<b>7</b>",
    "I1 &#60;stock&#62; adds up",
    "3 levels",
    "after the commit",
    "<svg",
    "kill -9 orders",
    "All checks passed",
  ])
    expect(page).toContain(part);
  expect(page).not.toMatch(/https?:|<script|<link/);
});

test("a failing check says how to have it again", () => {
  const page = htmlOf(reportOf(false));
  expect(page).toContain("1 of 1 checks failed");
  expect(page).toContain("SEED=7 CHECK=kill-storm make chaos");
});
