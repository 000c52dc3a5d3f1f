/** Where the chain ended at some time: the position and the hash (64 hex digits) of its last record. */
export interface Head {
  readonly position: number;
  readonly hash: string;
}

/** Heads out of a text: `position:hash` each, between white space. Throws a sentence on what is none. */
export function readHeads(text: string): Head[] {
  const words = text.split(/\s+/).filter((word) => word !== "");
  return words.map((word) => {
    const [, position, hash] = /^(\d{1,15}):([0-9a-f]{64})$/i.exec(word) ?? [];
    if (position === undefined || hash === undefined)
      throw new Error(`"${word}" is no head: it looks like 1042:7f83b165... with all 64 digits.`);
    return { position: Number(position), hash: hash.toLowerCase() };
  });
}
