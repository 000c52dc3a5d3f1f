import { chmodSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { canReach } from "./server-user";

const nobody = { name: "nobody", uid: 65_534, gid: 65_534 };

test("a user reaches a folder only when every folder above it lets it pass", () => {
  const home = mkdtempSync(join(tmpdir(), "quartermaster-home-"));
  const clone = join(home, "clone");
  mkdirSync(clone);
  chmodSync(home, 0o700);
  expect(canReach(nobody, clone)).toBe(false);
  chmodSync(home, 0o711);
  expect(canReach(nobody, clone)).toBe(true);
  expect(canReach(nobody, join(clone, "not", "there", "yet"))).toBe(true);
  chmodSync(clone, 0o750);
  expect(canReach(nobody, clone)).toBe(false);
  rmSync(home, { recursive: true });
});
