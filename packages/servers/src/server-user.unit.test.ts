import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { canReach, placeBehind, removeAbandoned } from "./server-user";

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

test("what lies behind a link goes when the link has gone with its folder, and only then", () => {
  const home = mkdtempSync(join(tmpdir(), "quartermaster-places-"));
  const root = join(home, "places");
  const [kept, gone] = ["kept", "gone"].map((name) => join(home, name, "postgres")) as [string, string];
  for (const path of [root, join(kept, ".."), join(gone, "..")]) mkdirSync(path);
  const places = [kept, gone].map((path) => placeBehind(path, root));
  for (const place of places) mkdirSync(join(place, "base"), { recursive: true });
  expect(realpathSync(kept)).toBe(realpathSync(places[0] as string));
  removeAbandoned(root);
  expect(places.map((place) => existsSync(place))).toEqual([true, true]);
  rmSync(join(gone, ".."), { recursive: true });
  removeAbandoned(root);
  expect(places.map((place) => existsSync(place))).toEqual([true, false]);
  expect(readdirSync(root)).toHaveLength(2);
  // Data that is not temporary stays, whatever became of its link.
  const lasting = placeBehind(join(process.cwd(), "quartermaster-lasting"), root);
  mkdirSync(lasting);
  rmSync(join(process.cwd(), "quartermaster-lasting"));
  removeAbandoned(root);
  expect(existsSync(lasting)).toBe(true);
  // The same folder again, over a link that leads nowhere.
  rmSync(places[0] as string, { recursive: true });
  expect(placeBehind(kept, root)).toBe(places[0]);
  rmSync(home, { recursive: true });
});
