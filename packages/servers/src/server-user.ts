import { createHash } from "node:crypto";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { runCommand } from "./run-command";

/** Postgres refuses to run as root, so root runs it as somebody else; an ordinary user runs it as itself. */
export interface ServerUser {
  name: string;
  uid: number;
  gid: number;
}

/** Where root keeps what the server's user cannot reach below a closed folder. */
const reachableRoot = "/var/lib/quartermaster";

/**
 * The user for Postgres when we are root: `postgres` where the system has it, else a system user that is made now.
 * Undefined when we are not root.
 */
export async function serverUser(): Promise<ServerUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const known = lookUp("postgres") ?? lookUp("quartermaster");
  if (known !== undefined) return known;
  await runCommand("useradd", ["--system", "--user-group", "--no-create-home", "quartermaster"]);
  if (lookUp("quartermaster") === undefined) {
    await runCommand("adduser", ["-S", "-D", "-H", "quartermaster"]);
  }
  const made = lookUp("quartermaster");
  if (made === undefined) {
    throw new Error(
      "Postgres does not run as root, and no user for it could be made: add a user called postgres, or run this as an ordinary user.",
    );
  }
  return made;
}

function lookUp(name: string): ServerUser | undefined {
  const line = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .find((entry) => entry.startsWith(`${name}:`));
  const [, , uid, gid] = line?.split(":") ?? [];
  return uid === undefined || gid === undefined ? undefined : { name, uid: Number(uid), gid: Number(gid) };
}

/** Whether the user may walk down to the folder: every folder above it must let it pass. */
export function canReach(user: ServerUser, folder: string): boolean {
  for (let place = resolve(folder); ; place = dirname(place)) {
    if (existsSync(place)) {
      const { mode, uid, gid } = statSync(place);
      const bit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
      if ((mode & bit) === 0) return false;
    }
    if (place === dirname(place)) return true;
  }
}

/**
 * A folder of the server's user at `wanted`, or, where that user cannot go (a clone below a home of mode 0700), below
 * /var/lib/quartermaster with a symbolic link from `wanted`. Returns the path to use.
 */
export function folderFor(user: ServerUser | undefined, wanted: string): string {
  const path = resolve(wanted);
  mkdirSync(dirname(path), { recursive: true });
  if (user === undefined) {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    return path;
  }
  openTemporary(dirname(path));
  const place = canReach(user, dirname(path)) ? path : linkedPlace(path);
  mkdirSync(place, { recursive: true, mode: 0o700 });
  chownSync(place, user.uid, user.gid);
  return place;
}

/** A fresh temporary folder is closed to all but its maker: it is opened for passing through, not for looking. */
function openTemporary(folder: string): void {
  if (isTemporary(folder)) chmodSync(folder, statSync(folder).mode | 0o011);
}

function isTemporary(path: string): boolean {
  return [tmpdir(), realpathSync(tmpdir())].some((place) => path.startsWith(join(place, "/")));
}

function linkedPlace(path: string): string {
  mkdirSync(reachableRoot, { recursive: true });
  chmodSync(reachableRoot, 0o755);
  removeAbandoned(reachableRoot);
  return placeBehind(path, reachableRoot);
}

/** Beside a place of temporary data stands the path of the link that leads to it. */
const linkRecord = ".link";

/** A place below `root` for what is meant to lie at `path`, which becomes a symbolic link to it. */
export function placeBehind(path: string, root: string): string {
  const place = join(root, createHash("sha256").update(path).digest("hex").slice(0, 12));
  if (!existsSync(path)) {
    rmSync(path, { force: true });
    symlinkSync(place, path);
  }
  // Only of what is temporary: a clone that was moved, or lies on a disk that is away, has no link either, and all its data.
  // After the link: who tidies up meanwhile takes what has a record and no link for abandoned.
  if (isTemporary(path)) writeFileSync(place + linkRecord, path);
  return place;
}

/** Whoever removes a temporary folder removes the link in it, and not what it leads to: that is done here, at the next start. */
export function removeAbandoned(root: string): void {
  for (const name of readdirSync(root)) {
    if (!name.endsWith(linkRecord)) continue;
    const record = join(root, name);
    const place = record.slice(0, -linkRecord.length);
    const link = unlessGone(() => readFileSync(record, "utf8"));
    // Gone: another one that starts just now is faster.
    if (link === undefined || unlessGone(() => readlinkSync(link)) === place) continue;
    rmSync(place, { recursive: true, force: true });
    rmSync(record, { force: true });
  }
}

function unlessGone(read: () => string): string | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** Where programs are unpacked, so that the server's user can start them. */
export function programsFolder(user: ServerUser | undefined, packageRoot: string): string {
  const nearby = join(packageRoot, ".cache");
  return user === undefined || canReach(user, packageRoot) ? nearby : join(reachableRoot, "programs");
}
