import { isIP } from "node:net";

const mappedPrefix = "0:0:0:0:0:ffff:";

/** The address as people know it: an IPv4 address that arrived over an IPv6 socket loses its prefix, in every spelling. */
export function plainAddress(ip: string): string {
  if (isIP(ip) !== 6) return ip.slice(0, 64);
  const groups = groupsOf(ip);
  if (!groups.join(":").startsWith(mappedPrefix)) return ip.toLowerCase().slice(0, 64);
  const bytes = groups.slice(6).flatMap((group) => {
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 255];
  });
  return bytes.join(".");
}

/** What one customer of a network holds: an IPv4 address, or a whole /64 of IPv6, out of which each attempt could be fresh. */
export function networkOf(ip: string): string {
  const plain = plainAddress(ip);
  return isIP(plain) === 6 ? groupsOf(plain).slice(0, 4).join(":") : plain;
}

/** The eight groups of an IPv6 address, without leading zeros; the zone is left out. */
function groupsOf(ip: string): string[] {
  const [address = ""] = ip.toLowerCase().split("%");
  const [head = "", tail] = withoutDots(address).split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => "0");
  return [...before, ...zeros, ...after].map((group) => Number.parseInt(group, 16).toString(16));
}

/** `::ffff:192.0.2.1` ends in two groups that are written as four bytes. */
function withoutDots(address: string): string {
  const at = address.lastIndexOf(":") + 1;
  const bytes = address.slice(at).split(".").map(Number);
  if (bytes.length !== 4) return address;
  const [a = 0, b = 0, c = 0, d = 0] = bytes;
  return `${address.slice(0, at)}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
}
